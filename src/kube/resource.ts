// Resource types as the API serves them, and the URL paths that follow from them.
import type { GroupVersionKind } from '../api/v1alpha1/group-version.ts';

/** A type with what a URL needs besides: discovery's answer for a kind. */
export interface Resource extends GroupVersionKind {
  readonly plural: string;
  readonly isNamespaced: boolean;
}

/** Where one object, or a collection, is. */
export interface ResourceLocation {
  /** Absent: all namespaces (collections), or a cluster-scoped object. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: 'status' | 'scale' | 'eviction' | undefined;
}

/** `/api/v1/namespaces/x/secrets/y` or `/apis/GROUP/VERSION/…`. Names are escaped: they may come from untrusted data. */
export function resourcePath(resource: Resource, location: ResourceLocation = {}): string {
  const parts = resource.group === '' ? ['api', resource.version] : ['apis', resource.group, resource.version];
  if (resource.isNamespaced && location.namespace !== undefined) parts.push('namespaces', location.namespace);
  parts.push(resource.plural);
  if (location.name !== undefined) parts.push(location.name);
  if (location.subresource !== undefined) parts.push(location.subresource);
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** Reads an object's `apiVersion` and `kind`. */
export function gvkOf(object: { readonly apiVersion: string; readonly kind: string }): GroupVersionKind {
  const slash = object.apiVersion.indexOf('/');
  return slash === -1
    ? { group: '', version: object.apiVersion, kind: object.kind }
    : { group: object.apiVersion.slice(0, slash), version: object.apiVersion.slice(slash + 1), kind: object.kind };
}

/** The types that the program itself reads, so that they need no discovery. */
export const CoreResources = {
  namespaces: { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', isNamespaced: false },
  secrets: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', isNamespaced: true },
  configMaps: { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', isNamespaced: true },
  pods: { group: '', version: 'v1', kind: 'Pod', plural: 'pods', isNamespaced: true },
  persistentVolumeClaims: {
    group: '',
    version: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    isNamespaced: true,
  },
  deployments: { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', isNamespaced: true },
  events: { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', isNamespaced: true },
} as const satisfies Record<string, Resource>;

// Resource types as the API serves them, and the URL paths that follow from them.
import type { GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import { ApiError } from './errors.ts';

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

/**
 * `/api/v1/namespaces/x/secrets/y` or `/apis/GROUP/VERSION/…`. Names may come from untrusted data: they are escaped, and
 * one that would address something else is refused.
 * @throws ApiError `API_INVALID`
 */
export function resourcePath(resource: Resource, location: ResourceLocation = {}): string {
  const { namespace, name, subresource } = location;
  if (resource.isNamespaced && name !== undefined && namespace === undefined) {
    throw invalidPath(`the namespace of ${resource.plural} "${name}" is not known`);
  }
  const parts = ['namespaces', namespace, resource.plural, name, subresource];
  const rest = resource.isNamespaced && namespace !== undefined ? parts : parts.slice(2);
  return [groupVersionPath(resource), ...rest.filter((part) => part !== undefined).map(escapeSegment)].join('/');
}

/** `/api/v1` or `/apis/GROUP/VERSION`. @throws ApiError `API_INVALID` */
export function groupVersionPath({ group, version }: Pick<GroupVersionKind, 'group' | 'version'>): string {
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  return `/${parts.map(escapeSegment).join('/')}`;
}

/** As a message names it: `deployments.apps NAMESPACE/NAME`, `secrets in NAMESPACE`. */
export function describeLocation(resource: Resource, location: Pick<ResourceLocation, 'namespace' | 'name'>): string {
  const { namespace, name } = location;
  const type = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
  if (name === undefined) return namespace === undefined ? type : `${type} in ${namespace}`;
  return namespace === undefined ? `${type} ${name}` : `${type} ${namespace}/${name}`;
}

/** Dots are no matter of escaping: a URL takes `%2e%2e` for `..` too. An empty name would address the collection. */
function escapeSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') throw invalidPath(`"${segment}" is not a name`);
  return encodeURIComponent(segment);
}

function invalidPath(reason: string): ApiError {
  return new ApiError('API_INVALID', `no such address in the API: ${reason}`, { isTerminal: true });
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
  storageClasses: {
    group: 'storage.k8s.io',
    version: 'v1',
    kind: 'StorageClass',
    plural: 'storageclasses',
    isNamespaced: false,
  },
  deployments: { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', isNamespaced: true },
  events: { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', isNamespaced: true },
  legacyEvents: { group: '', version: 'v1', kind: 'Event', plural: 'events', isNamespaced: true },
} as const satisfies Record<string, Resource>;

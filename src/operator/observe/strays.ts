// Cluster-scoped objects of a release that no record and no inventory may know of: found by Helm's marks on them. What a crash
// kept out of the status would otherwise stay when its namespace goes (DESIGN.md O10).
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { isApiError } from '../../kube/errors.ts';
import type { Resource } from '../../kube/resource.ts';
import { ownershipOf } from '../../uninstall/ownership.ts';
import { type GroupKind, helmLabel, toDependent } from './dependents.ts';
import { toEntry } from './inventory.ts';
import type { ReleaseKey } from './release-cache.ts';

/** Where to look. */
export interface StraysRequest {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly release: ReleaseKey;
  /** Namespaced ones are passed over. */
  readonly kinds: readonly GroupKind[];
  readonly signal?: AbortSignal | undefined;
}

/** What was found. */
export interface Strays {
  readonly objects: readonly InventoryEntry[];
  /** Kinds that may not be listed. */
  readonly unlisted: readonly string[];
}

/** Lists the metadata of each kind. What may not be listed is told, and stops nothing. @throws ApiError */
export async function findStrays(request: StraysRequest): Promise<Strays> {
  const { discovery, kinds } = request;
  const resources = await Promise.all(kinds.map((kind) => discovery.findPreferred(kind)));
  const clusterScoped = new Map(
    resources.flatMap((each) => (each?.isNamespaced === false ? [[`${each.kind}.${each.group}`, each]] : [])),
  );
  const found = await Promise.all([...clusterScoped.values()].map((resource) => list(resource, request)));
  return {
    objects: found.flatMap(({ objects }) => objects),
    unlisted: found.flatMap(({ unlisted }) => unlisted),
  };
}

async function list(resource: Resource, { client, release, signal }: StraysRequest): Promise<Strays> {
  try {
    const { items } = await client.list(resource, { labelSelector: helmLabel, isMetadataOnly: true, signal });
    const ours = items.filter(({ metadata }) => ownershipOf(metadata, release) === 'ours');
    return { objects: ours.map((object) => toEntry(resource, toDependent(object))), unlisted: [] };
  } catch (error) {
    if (isApiError(error, 'API_FORBIDDEN')) return { objects: [], unlisted: [resource.kind] };
    if (isApiError(error, 'API_NOT_FOUND')) return { objects: [], unlisted: [] }; // its CRD has just gone
    throw error;
  }
}

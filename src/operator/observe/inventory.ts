// What a release put into the cluster: the manifest's objects, each with the identity it has right now.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import { gvkOf, type Resource } from '../../kube/resource.ts';
import { isMap } from '../../lib/merge-maps.ts';
import type { ManifestObject } from '../../release/manifest.ts';
import { ownershipOf } from '../../uninstall/ownership.ts';
import { type DependentObject, type ObjectSource, toDependent } from './dependents.ts';
import type { ReleaseKey } from './release-cache.ts';

/** Where the identities come from. */
export interface InventorySources {
  readonly client: KubeClient;
  readonly objects: ObjectSource;
  /** Where Helm put the objects that name no namespace. */
  readonly releaseNamespace: string;
  /** Only what carries this release's marks counts. Default: whatever is there. */
  readonly markedFor?: ReleaseKey;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The inventory of a manifest, in its order. An object's identity is taken from the watch, or read (metadata only) where
 * the watch has not brought it yet; one that is not there is left out.
 */
export async function takeInventory(
  objects: readonly ManifestObject[],
  sources: InventorySources,
): Promise<readonly InventoryEntry[]> {
  const named = objects.map((object) => ({ ...gvkOf(object), ...object.metadata, ...transience(object) }));
  const entries = await Promise.all(named.map((object) => entryOf(object, sources)));
  return entries.filter((entry) => entry !== undefined);
}

/** Those of an earlier inventory that are there still, as they are now. What was made anew since is not among them. */
export async function stillThere(
  entries: readonly InventoryEntry[],
  sources: InventorySources,
): Promise<readonly InventoryEntry[]> {
  const now = await Promise.all(entries.map((entry) => entryOf(entry, sources)));
  return now.flatMap((entry, index) => (entry !== undefined && entry.uid === entries[index]?.uid ? [entry] : []));
}

async function entryOf(
  object: Pick<InventoryEntry, 'group' | 'kind' | 'namespace' | 'name' | 'ttlSecondsAfterFinished'>,
  sources: InventorySources,
): Promise<InventoryEntry | undefined> {
  const { group, kind, name, ttlSecondsAfterFinished: ttl } = object;
  const resource = await sources.objects.resourceOf({ group, kind });
  if (resource === undefined) return undefined;
  const namespace = resource.isNamespaced ? (object.namespace ?? sources.releaseNamespace) : undefined;
  const found =
    (await sources.objects.find({ group, kind }, { namespace, name })) ??
    (await read({ resource, namespace, name }, sources));
  const { markedFor } = sources;
  if (found === undefined) return undefined;
  if (markedFor !== undefined && ownershipOf(found.metadata, markedFor) !== 'ours') return undefined;
  return { ...toEntry({ group, kind }, found), ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }) };
}

/** The entry of an object as it was seen. */
export function toEntry(
  { group, kind }: { readonly group: string; readonly kind: string },
  { metadata, appliedHash }: DependentObject,
): InventoryEntry {
  const { namespace, name, uid, generation } = metadata;
  return {
    group,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    ...(generation === undefined ? {} : { generation }),
    ...(appliedHash === undefined ? {} : { appliedHash }),
  };
}

/** What the manifest says of a Job's life after its end. */
function transience(object: ManifestObject): Pick<InventoryEntry, 'ttlSecondsAfterFinished'> {
  const isJob = object.kind === 'Job' && object.apiVersion.startsWith('batch/');
  const ttl = isJob && isMap(object.spec) ? object.spec.ttlSecondsAfterFinished : undefined;
  return typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0 ? { ttlSecondsAfterFinished: ttl } : {};
}

async function read(
  target: { readonly resource: Resource; readonly namespace: string | undefined; readonly name: string },
  sources: InventorySources,
): Promise<DependentObject | undefined> {
  const { resource, namespace, name } = target;
  const object = await sources.client.find(resource, {
    namespace,
    name,
    isMetadataOnly: true,
    signal: sources.signal,
  });
  return object === undefined ? undefined : toDependent(object);
}

// What of an uninstalled release is still there: for those who asked to wait until it is gone (`uninstall-wait`).
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectSource } from './dependents.ts';

/**
 * The objects of an inventory that are still there, as `Kind/name`. What the chart keeps (`helm.sh/resource-policy`, any
 * value) does not go, and what was made anew under the same name is not the release's. @throws ApiError
 */
export async function leftoversOf(
  inventory: readonly InventoryEntry[],
  sources: { readonly client: KubeClient; readonly objects: ObjectSource; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const found = await Promise.all(inventory.map((entry) => isThere(entry, sources)));
  return inventory.filter((_, index) => found[index]).map(({ kind, name }) => `${kind}/${name}`);
}

async function isThere(
  entry: InventoryEntry,
  { client, objects, signal }: Parameters<typeof leftoversOf>[1],
): Promise<boolean> {
  const resource = await objects.resourceOf(entry);
  if (resource === undefined) return false;
  const { namespace, name } = entry;
  const live = await client.find(resource, { namespace, name, isMetadataOnly: true, signal });
  return live?.metadata.uid === entry.uid && live.metadata.annotations?.['helm.sh/resource-policy'] === undefined;
}

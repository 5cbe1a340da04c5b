// Deleting objects of a pass's release: as whom, and of which release, is the same wherever it is done.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import { deleteInventory, type InventoryDeletion } from '../../uninstall/inventory-uninstaller.ts';
import type { Pass, PassContext } from '../pass.ts';
import { impersonationOf } from './impersonation.ts';

/** What is to go. */
export interface DeletionOptions {
  readonly inventory: readonly InventoryEntry[];
  /** Whether the release's records go too. Default false. */
  readonly shouldRemoveRecords?: boolean;
}

/** See {@link deleteInventory}. */
export function deleteObjects(
  { observation, signal }: Pass,
  { inventory, shouldRemoveRecords = false }: DeletionOptions,
  { client, discovery, observer }: PassContext,
): Promise<InventoryDeletion> {
  return deleteInventory(client, discovery, {
    release: observer.releaseOf(observation.resource),
    inventory,
    shouldRemoveRecords,
    signal,
    ...impersonationOf(observation),
  });
}

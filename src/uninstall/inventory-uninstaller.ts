// Uninstalling by the inventory alone: no helm, no chart, no hooks, no manifest, not even a record (DESIGN.md O10).
import pMap from 'p-map';
import type { InventoryEntry } from '../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { asError } from '../lib/error-text.ts';
import { inUninstallOrder } from '../release/uninstall-order.ts';
import { deleteOwned, type Fate, type KeptRule } from './delete-owned.ts';
import { removeRecords } from './remove-records.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** What is to go. */
export interface InventoryRequest {
  readonly release: ReleaseKey;
  readonly inventory: readonly InventoryEntry[];
  /** Whether the records of the release go too, last, and only where nothing failed. */
  readonly shouldRemoveRecords: boolean;
  /** Every call is made as this user; only kinds are looked up as ourselves. Default ourselves. */
  readonly impersonate?: string;
  /** Aborted: nothing more is deleted. */
  readonly signal?: AbortSignal | undefined;
}

/** An object by its name. */
export type ObjectRef = Pick<InventoryEntry, 'group' | 'kind' | 'namespace' | 'name'>;

/** An object that is left where it is, on purpose. */
export interface KeptObject {
  readonly object: InventoryEntry;
  readonly rule: KeptRule;
  /** A clause for people. */
  readonly why: string;
}

/** An object that could not be read or deleted. */
export interface FailedObject {
  /** A record of the release is one too. */
  readonly object: ObjectRef;
  readonly error: Error;
}

/** What became of the inventory. */
export interface InventoryDeletion {
  /** The API server accepted it: finalizers may still hold one. */
  readonly deleted: readonly InventoryEntry[];
  /** Was not there any more, or is of a kind that is not served any more. */
  readonly gone: readonly InventoryEntry[];
  readonly kept: readonly KeptObject[];
  readonly failed: readonly FailedObject[];
  /** Names of the Secrets. */
  readonly removedRecords: readonly string[];
}

/** Requests in flight at once, as objects of one kind. */
const concurrency = 8;

/**
 * Deletes what is in the inventory and still the release's, in Helm's uninstall order: each object has its uid as a
 * precondition, and its live metadata is read first. What fails does not stop the others; calling it again goes on where
 * it ended. @throws only the signal's reason
 */
export async function deleteInventory(
  client: KubeClient,
  discovery: Discovery,
  request: InventoryRequest,
): Promise<InventoryDeletion> {
  const { release, inventory, shouldRemoveRecords, impersonate, signal } = request;
  const acting = impersonate === undefined ? client : client.impersonating(impersonate);
  const fates: Settled[] = [];
  for (const ofOneKind of inUninstallOrder(inventory)) {
    const settle = async (entry: InventoryEntry): Promise<Settled> => ({
      entry,
      ...(await deleteEntry({ client: acting, discovery }, entry, { release, signal })),
    });
    fates.push(...(await pMap(ofOneKind, settle, { concurrency, signal })));
  }
  const failed = fates.flatMap((one) => (one.fate === 'failed' ? [{ object: one.entry, error: one.error }] : []));
  const mayRemove = shouldRemoveRecords && failed.length === 0;
  const records = mayRemove ? await removeRecords(acting, release, { signal }) : { removed: [], failed: [] };
  return {
    deleted: fates.filter(({ fate }) => fate === 'deleted').map(({ entry }) => entry),
    gone: fates.filter(({ fate }) => fate === 'gone').map(({ entry }) => entry),
    kept: fates.flatMap((one) => (one.fate === 'kept' ? [{ object: one.entry, rule: one.rule, why: one.why }] : [])),
    failed: [...failed, ...records.failed],
    removedRecords: records.removed,
  };
}

type Settled = Fate & { readonly entry: InventoryEntry };

async function deleteEntry(
  { client, discovery }: { readonly client: KubeClient; readonly discovery: Discovery },
  entry: InventoryEntry,
  options: Pick<InventoryRequest, 'release' | 'signal'>,
): Promise<Fate> {
  try {
    const resource = await discovery.findPreferred(entry);
    return resource === undefined ? { fate: 'gone' } : await deleteOwned(client, entry, { ...options, resource });
  } catch (error) {
    options.signal?.throwIfAborted();
    return { fate: 'failed', error: asError(error) };
  }
}

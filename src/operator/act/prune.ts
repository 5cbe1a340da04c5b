// After a revision was deployed: what the inventory has that is not of it. helm deletes what the last deployed revision had;
// what came with one that failed since, it does not know of.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import { errorText } from '../../lib/error-text.ts';
import { sentences } from '../decide/sentences.ts';
import type { Pass, PassContext } from '../pass.ts';
import { deleteObjects } from './delete-objects.ts';
import { objectsLeft } from './leftovers.ts';
import { knownInventory } from './remains.ts';

/**
 * Deletes it, each object by its uid; what the chart keeps stays. Gives back the inventory to note: the revision's, and what
 * could not be deleted, so that it is found again.
 */
export async function prune(
  pass: Pass,
  inventory: readonly InventoryEntry[],
  context: PassContext,
): Promise<readonly InventoryEntry[]> {
  const { key } = pass;
  const uids = new Set(inventory.map(({ uid }) => uid));
  const names = new Set(inventory.map(nameOf));
  const former = knownInventory(pass, context).filter((each) => !uids.has(each.uid) && !names.has(nameOf(each)));
  if (former.length === 0) return inventory;
  const { deleted, failed } = await deleteObjects(pass, { inventory: former }, context);
  if (deleted.length > 0) context.log.info('objects of former revisions deleted', { key, objects: deleted.length });
  for (const { object, error } of failed) {
    context.log.warn('object of a former revision not deleted', {
      key,
      object: `${object.kind}/${object.name}`,
      error: errorText(error),
    });
  }
  if (failed.length > 0) {
    // noted in the inventory, they are found again by the next revision and by a deletion
    const { message, remedy = '' } = objectsLeft(failed);
    const note = sentences(`what earlier revisions had is left until the next upgrade: ${message}`, remedy);
    context.recordEvent(pass.observation.resource, { type: 'Warning', reason: 'PruneFailed', action: 'prune', note });
  }
  const left = new Set(failed.map(({ object }) => nameOf(object)));
  return [...inventory, ...former.filter((each) => left.has(nameOf(each)))];
}

/** The group is left out: one object may be served in two. */
function nameOf({ kind, namespace = '', name }: Pick<InventoryEntry, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`;
}

// What stays of a release that is uninstalled: deleted where it is known to be the release's, and told where it is left.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import { errorText } from '../../lib/error-text.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import type { FailedObject, KeptObject } from '../../uninstall/inventory-uninstaller.ts';
import type { Pass, PassContext } from '../pass.ts';
import { deleteObjects } from './delete-objects.ts';

/** Objects that a message names. */
const maxNamed = 5;

/** What is left, in clauses. */
export interface Left {
  /** On purpose: the chart keeps it. */
  readonly kept: readonly string[];
  /** For somebody to look at. */
  readonly doubtful: readonly string[];
}

/** Nothing. */
export const nothingLeft: Left = { kept: [], doubtful: [] };

/**
 * After helm's uninstall: deletes what the inventory has and the uninstalled revision had not, as after a failed upgrade.
 * Costs nothing where the watch knows that all is gone. @throws UninstallError `OBJECTS_LEFT`
 */
export async function deleteLeftovers(pass: Pass, context: PassContext): Promise<Left> {
  const { observation } = pass;
  const { release, inventory = [] } = observation.resource.status ?? {};
  // of another revision there may be more than helm knew of
  const isOfAnother = release?.revision !== observation.release?.revision;
  const left = isOfAnother ? inventory : await stillSeen(inventory, context);
  if (left.length === 0) return nothingLeft;
  const { kept, failed } = await deleteObjects(pass, { inventory: left }, context);
  if (failed.length > 0) throw objectsLeft(failed);
  return leftOf(kept);
}

/** As the watch has it: an object that is going is as good as gone. */
async function stillSeen(
  inventory: readonly InventoryEntry[],
  { objects }: PassContext,
): Promise<readonly InventoryEntry[]> {
  const held = await Promise.all(inventory.map((entry) => objects.find(entry, entry)));
  return inventory.filter(({ uid }, index) => {
    const metadata = held[index]?.metadata;
    return metadata?.uid === uid && metadata.deletionTimestamp === undefined;
  });
}

/** What was left on purpose. What is another's by now is not the release's. */
export function leftOf(kept: readonly KeptObject[]): Left {
  const told = (rule: KeptObject['rule']): readonly string[] =>
    kept.filter((each) => each.rule === rule).map(({ object, why }) => `${nameOf(object)} (${why})`);
  return { kept: told('resource-policy'), doubtful: told('unmarked') };
}

/** For the end of a note: ` Left: …`. */
export function leftText({ kept, doubtful }: Left): string {
  const all = [...doubtful, ...kept];
  return all.length === 0 ? '' : `. Left: ${shortened(all)}`;
}

/** Of objects that could not be deleted. */
export function objectsLeft(failed: readonly FailedObject[]): UninstallError {
  const named = failed.map(({ object, error }) => `${nameOf(object)}: ${errorText(error)}`);
  return new UninstallError('OBJECTS_LEFT', `cannot delete ${shortened(named)}`, {
    remedy: 'Look at what the message names: a missing right, or an API that is away.',
  });
}

function shortened(texts: readonly string[]): string {
  const more = texts.length > maxNamed ? `; and ${texts.length - maxNamed} more` : '';
  return `${texts.slice(0, maxNamed).join('; ')}${more}`;
}

function nameOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}/${name}`;
}

// Deleting what a release put into the cluster without helm, by the inventory in the resource's status (DESIGN.md O10): the
// record is gone or not to be believed, or its namespace is going. No hooks run, and no object of another goes.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { errorText } from '../../lib/error-text.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import { deleteInventory } from '../../uninstall/inventory-uninstaller.ts';
import type { Pass, PassContext } from '../pass.ts';
import { attempt, settleFailure } from './attempt.ts';
import { impersonationOf } from './impersonation.ts';
import { letGo } from './let-go.ts';

/** Objects that a message names. */
const maxNamed = 5;

/** Deletes, then lets the resource go. */
export async function sweep(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation, decision } = pass;
  context.log.info('deleting by inventory', { key, reason: decision.message });
  let wasAnythingLeft = false;
  const deleting = async (): Promise<void> => {
    wasAnythingLeft = await deleteAll(pass, context);
  };
  const error = await attempt(pass, deleting, context);
  if (error !== undefined) return settleFailure(pass, { error, action: 'uninstall' }, context);
  if (wasAnythingLeft) {
    const isBlind = (observation.resource.status?.inventory ?? []).length === 0;
    const what = isBlind
      ? "the release's records are deleted; which objects it has is not known, they stay"
      : "the release's objects are deleted by its inventory, without hooks";
    context.recordEvent(observation.resource, {
      type: isBlind ? 'Warning' : 'Normal',
      reason: 'Uninstalled',
      action: 'uninstall',
      note: `${what}: ${decision.message}`,
    });
  }
  return letGo(pass, context);
}

/** False where all was gone already: it is a look after an uninstall. @throws UninstallError `OBJECTS_LEFT` */
async function deleteAll(pass: Pass, context: PassContext): Promise<boolean> {
  const { observation, signal } = pass;
  const release = context.observer.releaseOf(observation.resource);
  // what is in a namespace that is going goes with it, and so may the rights to delete it
  const isGoing = observation.isNamespaceTerminating;
  const inventory = (observation.resource.status?.inventory ?? []).filter(
    ({ namespace }) => !isGoing || namespace !== release.namespace,
  );
  const { deleted, kept, failed, removedRecords } = await deleteInventory(context.client, context.discovery, {
    release,
    inventory,
    shouldRemoveRecords: !isGoing,
    signal,
    ...impersonationOf(observation),
  });
  for (const { object, why } of kept) context.log.info('object left', { key: pass.key, object: nameOf(object), why });
  if (failed.length === 0) {
    await context.observer.refresh(observation, signal);
    return deleted.length + removedRecords.length > 0;
  }
  const named = failed.slice(0, maxNamed).map(({ object, error }) => `${nameOf(object)}: ${errorText(error)}`);
  const more = failed.length > maxNamed ? `; and ${failed.length - maxNamed} more` : '';
  throw new UninstallError('OBJECTS_LEFT', `cannot delete ${named.join('; ')}${more}`, {
    remedy: 'Look at what the message names: a missing right, or an API that is away.',
  });
}

function nameOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}/${name}`;
}

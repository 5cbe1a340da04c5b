// Deleting what a release put into the cluster without helm (DESIGN.md O10): the record is gone or not to be believed, or its
// namespace is going. The inventory in the resource's status tells what there is, and for cluster-scoped objects, which would
// outlive everything, Helm's marks on them do. No hooks run, and no object of another goes.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { isUninstallError } from '../../uninstall/errors.ts';
import { reachingKinds } from '../decide/reach.ts';
import { findStrays } from '../observe/strays.ts';
import type { Pass, PassContext } from '../pass.ts';
import { attempt, settleFailure } from './attempt.ts';
import { deleteObjects } from './delete-objects.ts';
import { actingFor } from './impersonation.ts';
import { type Left, leftOf, leftText, nothingLeft, objectsLeft } from './leftovers.ts';
import { letGo } from './let-go.ts';
import { withRemains } from './remains.ts';

/** What a sweep came to. */
interface Swept {
  /** False where all was gone already: it was a look after an uninstall. */
  readonly wasAnythingThere: boolean;
  readonly left: Left;
}

/**
 * Deletes, then lets the resource go. `refusal`: why helm was not let to uninstall, where it was asked first; then nothing is
 * done while it is not known what there is. That there is nothing is known too: a first install came to nothing.
 */
export async function sweep(before: Pass, context: PassContext, refusal?: unknown): Promise<ReconcileResult> {
  const { pass, isComplete } = await withRemains(before, context);
  const isKnown = inventoryOf(pass).length > 0 || (isComplete && isOnlyHooks(refusal));
  if (refusal !== undefined && !isKnown) {
    return settleFailure(before, { error: refusal, action: 'uninstall' }, context);
  }
  const { key, decision } = pass;
  context.log.info('deleting by inventory', { key, reason: decision.message });
  let swept: Swept = { wasAnythingThere: false, left: nothingLeft };
  const deleting = async (): Promise<void> => {
    swept = await deleteAll(pass, context);
  };
  const error = await attempt(pass, deleting, context);
  if (error !== undefined) return settleFailure(pass, { error, action: 'uninstall' }, context);
  say(pass, { ...swept, refusal, isComplete }, context);
  return letGo(pass, context);
}

function say(
  pass: Pass,
  { wasAnythingThere, left, refusal, isComplete }: Swept & { readonly refusal: unknown; readonly isComplete: boolean },
  context: PassContext,
): void {
  const { observation, decision } = pass;
  if (!wasAnythingThere && left.doubtful.length === 0) return;
  const isEmpty = !observation.isNamespaceTerminating && inventoryOf(pass).length === 0;
  const isBlind = isEmpty && !isComplete;
  const what = isBlind
    ? "the release's records and cluster-scoped objects are deleted; which objects it has is not known otherwise: they stay"
    : isEmpty
      ? "the release's records are deleted, without hooks: it has no objects"
      : "the release's objects are deleted by its inventory, without hooks";
  context.recordEvent(observation.resource, {
    type: isBlind || left.doubtful.length > 0 || isPartial(refusal) ? 'Warning' : 'Normal',
    reason: 'Uninstalled',
    action: 'uninstall',
    note: `${what}: ${decision.message}${leftText(left)}`,
  });
}

/** The records are believed: helm is kept only from running what they would run. */
function isOnlyHooks(refusal: unknown): boolean {
  return isUninstallError(refusal, 'DELETE_HOOKS_REFUSED');
}

/** The record names an object that neither chart nor inventory knows: it stays. */
function isPartial(refusal: unknown): boolean {
  return isUninstallError(refusal, 'OBJECT_OUTSIDE_NAMESPACE');
}

/** @throws UninstallError `OBJECTS_LEFT` */
async function deleteAll(pass: Pass, context: PassContext): Promise<Swept> {
  const { key, observation, signal } = pass;
  const { client, discovery } = context;
  const release = context.observer.releaseOf(observation.resource);
  // what is in a namespace that is going goes with it, and so may the rights to delete it
  const isGoing = observation.isNamespaceTerminating;
  const known = inventoryOf(pass).filter(({ namespace }) => !isGoing || namespace !== release.namespace);
  const { objects: strays, unlisted } = await findStrays({
    client: actingFor(observation, client),
    discovery,
    release,
    kinds: reachingKinds([
      ...observation.entry.chart.kinds,
      ...known.filter(({ namespace }) => namespace === undefined),
    ]),
    signal,
  });
  const uids = new Set(known.map(({ uid }) => uid));
  const { deleted, kept, failed, removedRecords } = await deleteObjects(
    pass,
    { inventory: [...known, ...strays.filter(({ uid }) => !uids.has(uid))], shouldRemoveRecords: !isGoing },
    context,
  );
  for (const { object, why } of kept)
    context.log.info('object left', { key, object: `${object.kind}/${object.name}`, why });
  if (failed.length > 0) throw objectsLeft(failed);
  await context.observer.refresh(observation, signal);
  const left = leftOf(kept);
  const unseen = unlisted.map(
    (kind) => `whatever ${kind} it has that is not in the inventory: that kind may not be listed`,
  );
  return {
    wasAnythingThere: deleted.length + removedRecords.length > 0,
    left: { ...left, doubtful: [...left.doubtful, ...unseen] },
  };
}

function inventoryOf({ observation }: Pass) {
  return observation.resource.status?.inventory ?? [];
}

// Freeing a release whose helm is dead (DESIGN.md O9): back to the last good revision; where there is none, the record is
// marked as failed, as Flux does; an uninstall that was cut short is done again. No revision stays pending.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { isApiError } from '../../kube/errors.ts';
import { errorText } from '../../lib/error-text.ts';
import { markRevision } from '../../release/mark-revision.ts';
import type { Pass, PassContext } from '../pass.ts';
import { settleFailure } from './attempt.ts';
import { fieldManager } from './field-manager.ts';
import { actingFor } from './impersonation.ts';
import { noteRemains } from './remains.ts';
import { remove } from './remove.ts';
import { goBack, sayRollback } from './rollback.ts';
import { settleLocked } from './unreadable.ts';

/** Free, it is decided anew. */
const nextPassMs = 1;

/** Frees the release. */
export async function unlock(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation, decision } = pass;
  context.log.warn('freeing a release that a dead helm left locked', { key, reason: decision.message });
  context.recordEvent(observation.resource, {
    type: 'Warning',
    reason: 'Unlocking',
    action: 'unlock',
    note: decision.message,
  });
  if (observation.release?.status === 'uninstalling') return remove(pass, context);
  await noteRemains(pass, context);
  if (decision.toRevision === undefined) return markFailed(pass, context);
  const error = await goBack(pass, context);
  if (error !== undefined) return settleFailure(pass, { error, action: 'rollback' }, context);
  await bury(pass, context);
  return sayRollback(pass, context);
}

async function markFailed(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { observation, signal } = pass;
  try {
    await markDead(pass, context);
  } catch (error) {
    // somebody else was faster: who it was is for the next pass to see
    if (!isApiError(error, 'API_CONFLICT', 'API_NOT_FOUND')) return settleLocked(pass, error, context);
  }
  await context.observer.refresh(observation, signal);
  return { requeueAfterMs: nextPassMs };
}

/** What the release was freed from does not stay pending in its history: nobody is at work on it. */
async function bury(pass: Pass, context: PassContext): Promise<void> {
  try {
    await markDead(pass, context);
  } catch (error) {
    pass.signal.throwIfAborted();
    const { key, observation } = pass;
    context.log.warn('revision stays pending', {
      key,
      revision: observation.release?.revision,
      error: errorText(error),
    });
  }
}

/** Of the very record that was proved dead. @throws ApiError `API_CONFLICT` where it was written to since; RecordError */
async function markDead({ observation, decision, signal }: Pass, context: PassContext): Promise<void> {
  const { release, resource, releaseNamespace: namespace } = observation;
  if (release === undefined) return;
  const request = { namespace, name: resource.metadata.name, revision: release.revision, expected: release.record };
  const description = `Operation ended: ${decision.message}`;
  await markRevision(
    actingFor(observation, context.client),
    { ...request, status: 'failed', description },
    { fieldManager, clock: context.clock, signal },
  );
}

// Going back: after an upgrade that failed, or whose workloads did not become ready in time (DESIGN.md O11).
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { helmRollback } from '../../helm/rollback.ts';
import { rememberUnready } from '../decide/failure.ts';
import { type DeployedRevision, readDeployed } from '../observe/deployed-revision.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { verdictAfterFailure, verdictAfterRollback } from '../status/verdict.ts';
import { attempt, failureContext, settleFailure } from './attempt.ts';
import { impersonationOf } from './impersonation.ts';
import { prune } from './prune.ts';
import { recheckOf } from './recheck.ts';
import { requireReplaceable } from './replaceable.ts';
import { markForRollback } from './rollback-marks.ts';
import { requireTrusted } from './trust.ts';
import { settleUnreadable } from './unreadable.ts';

/** The next decision is about what the rollback made: at once. */
const nextPassMs = 1;

/** Goes back to the revision that was decided on, and says why. */
export async function rollback(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  if (pass.decision.reason === 'ReadyTimeout') await rememberAsFailure(pass, context);
  const error = await goBack(pass, context);
  if (error !== undefined) return settleFailure(pass, { error, action: 'rollback' }, context);
  return sayRollback(pass, context);
}

/** The rollback itself; gives back what it threw. */
export async function goBack(pass: Pass, context: PassContext): Promise<unknown> {
  const { key, observation, decision, signal } = pass;
  const { entry, settings, resource, releaseNamespace: namespace } = observation;
  const { toRevision: revision } = decision;
  if (revision === undefined) throw new TypeError('a rollback needs a revision');
  context.log.info('rolling back', { key, state: decision.state, reason: decision.message, toRevision: revision });
  return attempt(
    pass,
    async (onTurn) => {
      const target = await requireTrusted(pass, revision, context);
      await requireReplaceable(pass, 'rollback', context);
      const removeMarks = await markForRollback(pass, target, context);
      try {
        await helmRollback(context.helm, {
          name: resource.metadata.name,
          namespace,
          revision,
          timeoutMs: settings.timeoutMs,
          maxHistory: entry.maxHistory,
          isReplaceForced: settings.isRollbackForced,
          signal,
          recheck: recheckOf(pass, context),
          onTurn,
          ...impersonationOf(observation),
        });
      } finally {
        await removeMarks();
      }
    },
    context,
  );
}

/** Event and status: the revision that is deployed now is ours, and where it came from was ready if it was. */
export async function sayRollback(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { observation, decision, signal } = pass;
  const { resource } = observation;
  const toRevision = decision.toRevision ?? 0;
  const again = { requeueAfterMs: nextPassMs };
  const { release } = await context.observer.refresh(observation, signal);
  let deployed: DeployedRevision;
  try {
    deployed = await readDeployed(pass, release?.revision ?? 0, context);
  } catch (error) {
    await settleUnreadable(pass, { error }, context);
    return again;
  }
  const { release: snapshot, inventory: made } = deployed;
  const { revision, chart } = snapshot;
  context.recordEvent(resource, {
    type: 'Warning',
    reason: 'RolledBack',
    action: 'rollback',
    note: `revision ${revision} has the content of revision ${toRevision}: ${decision.message}`,
  });
  const wasReady = resource.status?.readyRevision === toRevision;
  const known = { release: snapshot, ...(wasReady ? { readyRevision: revision } : {}) };
  if (made === undefined) {
    await settleUnreadable(pass, { error: deployed.unread, ...known }, context);
    return again;
  }
  const inventory = await prune(pass, made, context);
  const cause = context.failures.get(pass.key, resource) ?? {
    reason: decision.reason ?? 'RollingBack',
    message: decision.message,
  };
  const verdict = verdictAfterRollback(cause, { revision, toRevision, chart });
  await writeStatus(pass, { verdict, inventory, ...known }, context);
  return again;
}

/** Written down before anything is changed: a crash must not make it an upgrade that never failed. */
async function rememberAsFailure(pass: Pass, context: PassContext): Promise<void> {
  const { key, observation, decision } = pass;
  const known = failureContext(pass, context);
  const failure = rememberUnready(decision.message, { ...known, random: Math.random() });
  if (failure === known.before) return;
  context.failures.set(key, observation.resource, failure);
  const note = decision.message;
  context.recordEvent(observation.resource, { type: 'Warning', reason: 'ReadyTimeout', action: 'ready', note });
  await writeStatus(pass, { verdict: verdictAfterFailure(failure) }, context);
}

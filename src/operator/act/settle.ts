// Nothing to do: the status says why, and where it was lost it is read back from the record.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import type { Verdict } from '../status/status.ts';
import { deployedBy, verdictOf } from '../status/verdict.ts';
import { forgetFailure } from './forget-failure.ts';
import { nextLook } from './next-look.ts';
import { recall } from './recall.ts';

/** Says how the resource stands. */
export async function settle(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { observation, decision } = pass;
  const verdict = verdictOf(decision, observation);
  if (verdict === undefined) return {};
  const { reason, message: note } = decision;
  const mayBeSuspended = reason === 'Suspended' || reason === 'InvalidAnnotation';
  const isWaitingToGo = mayBeSuspended && observation.resource.metadata.deletionTimestamp !== undefined;
  const isBlocked = decision.state === 'Blocked' && reason !== 'NamespaceTerminating'; // where no Event can be written
  const isLate = isNewlyLate(pass);
  if (reason !== undefined && (reason === 'ForeignRelease' || isWaitingToGo || isBlocked || isLate)) {
    const action = isWaitingToGo ? 'uninstall' : isLate ? 'ready' : 'install';
    context.recordEvent(observation.resource, { type: 'Warning', reason, action, note });
  }
  const waitMs = decision.requeueAfterMs;
  if (decision.state !== 'InSync' && decision.state !== 'Progressing') {
    await writeStatus(pass, { verdict }, context);
    return waitMs === undefined ? {} : { requeueAfterMs: waitMs };
  }
  forgetFailure(pass, { isReady: decision.state === 'InSync' }, context);
  if (isStatusLost(pass)) return recall(pass, context);
  await writeStatus(pass, { verdict: { ...verdict, ...deployedClaim(pass) } }, context);
  return nextLook(observation, { isReady: verdict.ready === 'True', waitMs });
}

/** Told once: what is not ready is looked at again and again, and says something else each time. */
function isNewlyLate({ decision, observation }: Pass): boolean {
  const ready = observation.resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  return decision.state === 'Progressing' && decision.reason === 'ReadyTimeout' && ready?.reason !== 'ReadyTimeout';
}

/** Lost by a restored backup or by hand, or a crash came between helm's record and the status. */
function isStatusLost({ observation }: Pass): boolean {
  const { release, resource } = observation;
  const known = resource.status;
  return release !== undefined && (known?.release?.revision !== release.revision || known.inventory === undefined);
}

/** A failure that came to nothing, because the spec went back, leaves `Deployed` False: it is put right here. */
function deployedClaim({ observation }: Pass): Pick<Verdict, 'deployed'> {
  const { conditions = [], release } = observation.resource.status ?? {};
  const held = conditions.find((condition) => condition.type === 'Deployed');
  if (release === undefined || held?.status === 'True') return {};
  const { revision, chart } = release;
  return { deployed: deployedBy(revision === 1 ? 'install' : 'upgrade', { revision, chart }) };
}

// When a release that is deployed is looked at again, if nothing happens before. Pure.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import type { Observation } from '../observation.ts';

/** How often a release whose objects are not watched is looked at until it is ready. */
const unwatchedPollMs = 5_000;

/** The soonest of: the entry's period; while not ready, `waitMs`, the next look at pods, and a poll where no watch will tell. */
export function nextLook(
  observation: Observation,
  situation: { readonly isReady: boolean; readonly waitMs?: number | undefined },
): ReconcileResult {
  const { reconcilePeriodMs } = observation.settings;
  const { watchDependentResources } = observation.entry;
  const { isReady, waitMs } = situation;
  const waits = [
    reconcilePeriodMs,
    isReady ? undefined : waitMs,
    isReady ? undefined : observation.workloads?.lookAgainMs,
    isReady || watchDependentResources ? undefined : unwatchedPollMs,
  ].filter((wait) => wait !== undefined);
  return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) };
}

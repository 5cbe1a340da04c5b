// The purge's schedule within `run`: kept while this replica leads, and stopped with the first signal.

import type { PurgePolicy } from '../api/v1alpha1/purge-policy.ts';
import { aborted } from '../lib/aborted.ts';
import type { InFlight } from '../lib/in-flight.ts';
import type { Leadership } from '../operator/leadership.ts';
import { type PurgeScheduleDeps, startPurgeSchedule } from './purge-schedule.ts';

/** What bounds the nights. */
export interface NightsSignals {
  /** No further night; one in flight finishes the releases that it has begun. */
  readonly stop: AbortSignal;
  /** What is in flight is ended too; so it is when a term is over. */
  readonly cancel: AbortSignal;
  readonly leadership: Leadership;
  /** Each term's nights, so that the end of one that is still ending can be waited for. */
  readonly acting: InFlight;
}

/** Follows the policy's schedule term by term, until `stop`. */
export async function runNights(policy: PurgePolicy, deps: PurgeScheduleDeps, signals: NightsSignals): Promise<void> {
  const { stop, cancel, leadership, acting } = signals;
  while (!stop.aborted) {
    const term = await leadership.waitUntilLeading(stop).catch(() => undefined);
    if (term === undefined) return;
    const forceSignal = AbortSignal.any([cancel, term.signal]);
    const schedule = startPurgeSchedule(policy, { ...deps, forceSignal });
    await acting.add(aborted(AbortSignal.any([stop, term.signal])).then(schedule.stop));
  }
}

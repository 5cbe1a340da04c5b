// What a candidate knows of the Lease, and from when on it may take it. Pure: time is a parameter.
import type { Lease } from './lease.ts';

/** What was seen, and since when it is so. */
export interface LeaseObservation {
  /** Undefined: there is none. */
  readonly lease: Lease | undefined;
  /** When this version was first seen, on the candidate's own monotonic clock. */
  readonly sinceMs: number;
}

/** Who looks. */
export interface Candidate {
  readonly identity: string;
  /** Counted where the record does not say how long it holds. */
  readonly leaseDurationMs: number;
  /** See {@link takeableAtMs}. */
  readonly isMissingFree: boolean;
}

/**
 * Adds what was just read. As in client-go, only a change of the record counts as a sign of life, and it counts from the
 * moment we saw it: the times in the record are another machine's clock and are never compared with ours.
 */
export function observe(
  before: LeaseObservation | undefined,
  now: { readonly lease: Lease | undefined; readonly atMs: number },
): LeaseObservation {
  const isSame = before !== undefined && before.lease?.metadata.resourceVersion === now.lease?.metadata.resourceVersion;
  return isSame ? before : { lease: now.lease, sinceMs: now.atMs };
}

/**
 * From when on the candidate may take the Lease, on its monotonic clock; `-Infinity`: at once.
 *
 * A Lease that is held by another is free one lease duration after its last change was seen: its holder counts from before
 * it sent that change, and less (`renewDeadlineMs`), so it has stopped by then. One that says that it was released is free at
 * once. One that is missing, or that nobody holds and nobody released, may have been deleted or emptied (`kubectl replace`)
 * under a living holder, which learns of it at its next renewal: it is waited for just as long. `isMissingFree` takes a
 * missing one at once, for those who know that nobody runs.
 */
export function takeableAtMs(observation: LeaseObservation, candidate: Candidate): number {
  const { lease, sinceMs } = observation;
  if (lease === undefined) return candidate.isMissingFree ? -Infinity : sinceMs + candidate.leaseDurationMs;
  const holder = holderOf(lease);
  if (holder === candidate.identity || isReleased(lease)) return -Infinity;
  if (holder === undefined) return sinceMs + candidate.leaseDurationMs;
  const seconds = lease.spec?.leaseDurationSeconds;
  return sinceMs + (seconds === undefined ? candidate.leaseDurationMs : seconds * 1000);
}

/** Whether its holder gave it up: by what a release writes, here as in client-go. Nobody holds an emptied one either. */
export function isReleased({ spec }: Lease): boolean {
  const isUnheld = spec?.holderIdentity === undefined || spec.holderIdentity === null || spec.holderIdentity === '';
  return isUnheld && spec?.leaseDurationSeconds === releasedSeconds && spec.renewTime !== undefined;
}

/** `leaseDurationSeconds` of a Lease that was released. */
export const releasedSeconds = 1;

/** Who holds it; undefined: nobody. */
export function holderOf(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === undefined || holder === null || holder === '' ? undefined : holder;
}

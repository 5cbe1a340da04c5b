// What a candidate knows of the Lease, and from when on it may take it. Pure: time is a parameter.
import type { Lease, LeaseSpec } from './lease.ts';

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
  /** Counted where the record does not say how long it holds, and at least where nobody holds it. */
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
 * From when on the candidate may take the Lease, on its monotonic clock; `-Infinity`: at once; `Infinity`: never as it is.
 *
 * A Lease that is held by another is free one lease duration after its last change was seen: its holder counts from before
 * it sent that change, and less (`renewDeadlineMs`), so it has stopped by then. One that its holder released is free at once.
 * One that is held by nobody without that may have been emptied, or deleted and made anew, under a living holder, whose last
 * renewal was before that change: it is waited for as long. One that is missing has no version that could prove that nothing
 * happened meanwhile, so it is first to be made; `isMissingFree` is for those who know that nobody runs.
 */
export function takeableAtMs(observation: LeaseObservation, candidate: Candidate): number {
  const { lease, sinceMs } = observation;
  if (lease === undefined) return candidate.isMissingFree ? -Infinity : Infinity;
  const holder = holderOf(lease);
  if (holder === candidate.identity || isReleased(lease)) return -Infinity;
  const seconds = lease.spec?.leaseDurationSeconds;
  const statedMs = seconds === undefined ? candidate.leaseDurationMs : seconds * 1000;
  return sinceMs + (holder === undefined ? Math.max(statedMs, candidate.leaseDurationMs) : statedMs);
}

/** What a holder leaves behind that has stopped acting: as client-go's, and like no Lease that was emptied by hand. */
export function releasedSpec(now: string): LeaseSpec {
  return { holderIdentity: null, leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
}

/** While a Lease is held the two times differ: it is renewed from when it is taken, never at the same microsecond. */
function isReleased(lease: Lease): boolean {
  const { leaseDurationSeconds, acquireTime, renewTime } = lease.spec ?? {};
  const isMarked = leaseDurationSeconds === 1 && renewTime !== undefined && renewTime === acquireTime;
  return isMarked && holderOf(lease) === undefined;
}

/** Who holds it; undefined: nobody. */
export function holderOf(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === undefined || holder === null || holder === '' ? undefined : holder;
}

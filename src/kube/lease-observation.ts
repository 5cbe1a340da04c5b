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
  /** Waited for at least, whatever the record says: a holder's own deadline does not move when somebody edits that. */
  readonly leaseDurationMs: number;
  /** The version that this candidate wrote last, where it claimed the Lease. */
  readonly ownVersion: string | undefined;
  /** See {@link takeableAtMs}. */
  readonly isMissingFree: boolean;
}

/** The longest that any holder was seen to hold the Lease: it may be alive when its name or that time is gone. */
export interface LongestHold {
  readonly holder: string;
  readonly durationMs: number;
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
 * Whatever a version says, and whoever wrote it, it is left alone for one lease duration after it was first seen: a living
 * holder sent its last renewal before that version was written, or the version would be another, and it counts from before
 * it sent that, and less (`renewDeadlineMs`), so it has stopped by then. No name is believed, our own neither. Free at once
 * are only the version that we wrote ourselves, since nobody has written after it, and one that its holder released. A Lease
 * that is missing has no version that could prove that nothing happened meanwhile, so it is first to be made;
 * `isMissingFree` is for those who know that nobody runs.
 */
export function takeableAtMs(observation: LeaseObservation, candidate: Candidate): number {
  const { lease, sinceMs } = observation;
  if (lease === undefined) return candidate.isMissingFree ? -Infinity : Infinity;
  if (lease.metadata.resourceVersion === candidate.ownVersion || isReleased(lease)) return -Infinity;
  return sinceMs + Math.max(statedMs(lease) ?? 0, candidate.leaseDurationMs);
}

/**
 * Adds what was just read of a version that is not our own. A shorter time is believed only of the holder whose longer one
 * is remembered, when it renews: somebody who edits the Lease changes the time alone, or puts back an earlier renewal.
 */
export function longestHold(
  before: LongestHold | undefined,
  versions: { readonly last: Lease | undefined; readonly now: Lease | undefined },
): LongestHold | undefined {
  const { last, now } = versions;
  const [holder, durationMs] = [holderOf(now), statedMs(now)];
  if (holder === undefined || durationMs === undefined) return before;
  const isShorter = before !== undefined && durationMs < before.durationMs;
  return isShorter && !(holder === before.holder && isRenewal(last, now)) ? before : { holder, durationMs };
}

/** Times of one holder are of one clock, and the API server writes them all in one form. */
function isRenewal(last: Lease | undefined, now: Lease | undefined): boolean {
  const [before, after] = [last?.spec, now?.spec];
  const isSameTerm = holderOf(last) === holderOf(now) && before?.acquireTime === after?.acquireTime;
  return isSameTerm && (after?.renewTime ?? '') > (before?.renewTime ?? '');
}

function statedMs(lease: Lease | undefined): number | undefined {
  const seconds = lease?.spec?.leaseDurationSeconds;
  return seconds === undefined ? undefined : seconds * 1000;
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

// What a run's life hangs on, noted beside it: the Lease that it holds and the process that it is; and what the two prove.
import { holderState } from '../../helm/holder.ts';
import type { HeldLease } from '../lock/purge-lock.ts';

/** As it is noted. Whoever may write there could purge himself, or is whoever purged. */
export interface RunHold {
  /** `NAMESPACE/NAME IDENTITY` of the Lease. Absent: the run went without a lock, or deleted nothing. */
  readonly lock?: string;
  /** As `ownHolder` says it. */
  readonly process?: string;
}

/** The note of a Lease. */
export function lockNote({ key, identity }: HeldLease): string {
  return `${key} ${identity}`;
}

/** Reads the note back; undefined where it is none. */
export function leaseOf({ lock }: RunHold): HeldLease | undefined {
  const [, key, identity] = /^([a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*) (.+)$/.exec(lock ?? '') ?? [];
  return key === undefined || identity === undefined ? undefined : { key, identity };
}

/**
 * Whether it is proved that nobody works at a run which is not over: its process has ended, or its Lease is another's while its
 * process is not seen to live. No clock is asked. `stillHolds` says whether the run may still hold its Lease; undefined: that
 * is not known.
 */
export function isProvedDead(hold: RunHold, stillHolds: (lease: HeldLease) => boolean | undefined): boolean {
  const state = holderState(hold.process);
  if (state === 'dead' || state === 'alive') return state === 'dead';
  const lease = leaseOf(hold);
  return lease !== undefined && stillHolds(lease) === false;
}

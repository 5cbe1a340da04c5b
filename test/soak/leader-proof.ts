// What the logs of several replicas prove: who acted when, under which renewal, and how long it took to be replaced.
import type { ElectorLine } from '../support/elector-process.ts';

/** An act, at the moment when it was allowed and written to its socket. */
export interface Act {
  readonly holder: string;
  readonly act: number;
  readonly atMs: number;
}

/** A successful write to the Lease. */
export interface Vote {
  readonly holder: string;
  readonly what: 'take' | 'renew' | 'release';
  readonly sentMs: number;
  readonly doneMs: number;
}

/** All replicas together, each list in the order of time. */
export interface ElectionHistory {
  readonly acts: readonly Act[];
  readonly votes: readonly Vote[];
  readonly terms: readonly { readonly holder: string; readonly atMs: number }[];
  /** Acts that the fence did not let out. */
  readonly refused: number;
  readonly errors: readonly string[];
}

/** CLOCK_MONOTONIC in milliseconds. */
export function monotonicMs(ns: bigint | string = process.hrtime.bigint()): number {
  return Number(BigInt(ns)) / 1e6;
}

/** Reads the replicas' logs. */
export function readHistory(logs: ReadonlyMap<string, readonly ElectorLine[]>): ElectionHistory {
  const acts = new Map<string, Act>();
  const votes: Vote[] = [];
  const terms: { holder: string; atMs: number }[] = [];
  const errors: string[] = [];
  let refused = 0;
  for (const [holder, lines] of logs) {
    for (const line of lines) {
      switch (line.what) {
        case 'act':
          acts.set(`${holder}/${line.act}`, { holder, act: line.act, atMs: monotonicMs(line.atNs) });
          break;
        case 'take':
        case 'renew':
        case 'release':
          votes.push({ holder, what: line.what, sentMs: monotonicMs(line.sentNs), doneMs: monotonicMs(line.doneNs) });
          break;
        case 'started':
          terms.push({ holder, atMs: monotonicMs(line.atNs) });
          refused += line.refused;
          break;
        case 'error':
          errors.push(`${holder}: ${line.message}`);
          break;
        case 'holder':
        case 'stopped':
          break;
      }
    }
  }
  return {
    acts: [...acts.values()].sort((a, b) => a.atMs - b.atMs),
    votes: votes.sort((a, b) => a.sentMs - b.sentMs),
    terms: terms.sort((a, b) => a.atMs - b.atMs),
    refused,
    errors,
  };
}

/**
 * Acts outside their lease: an act is inside when the last one who took the Lease before it is its holder, that one has not
 * released it, and its last renewal that was answered was sent less than `deadlineMs` before.
 */
export function actsOutsideTheirLease(history: ElectionHistory, deadlineMs: number): readonly string[] {
  const outside: string[] = [];
  const votes = [...history.votes];
  let holder: string | undefined;
  const answered = new Map<string, Vote[]>();
  for (const act of history.acts) {
    for (let vote = votes[0]; vote !== undefined && vote.sentMs <= act.atMs; vote = votes[0]) {
      votes.shift();
      if (vote.what === 'take') holder = vote.holder;
      if (vote.what === 'release' && holder === vote.holder) holder = undefined;
      answered.set(vote.holder, [...(answered.get(vote.holder) ?? []).slice(-5), vote]);
    }
    const own = answered.get(act.holder)?.filter(({ doneMs }) => doneMs <= act.atMs);
    const sinceMs = act.atMs - (own?.at(-1)?.sentMs ?? Number.NEGATIVE_INFINITY);
    if (holder !== act.holder) outside.push(`${act.holder}/${act.act}: the Lease is held by ${holder ?? 'nobody'}`);
    else if (sinceMs >= deadlineMs) outside.push(`${act.holder}/${act.act}: renewed ${Math.round(sinceMs)} ms before`);
  }
  return outside;
}

/**
 * What the server did after it had done an act of a later holder: requests that were under way when the Lease was lost.
 * `done` is in the order in which the server did them. Each must have been sent before the later holder took the Lease.
 */
export function lateArrivals(
  history: ElectionHistory,
  done: readonly { readonly holder: string; readonly act: number }[],
): { readonly sentBefore: number; readonly sentAfter: readonly string[] } {
  const sentMs = new Map(history.acts.map(({ holder, act, atMs }) => [`${holder}/${act}`, atMs]));
  const takes = history.votes.filter(({ what }) => what === 'take');
  const termOf = (holder: string, atMs: number): number =>
    takes.findLast((take) => take.holder === holder && take.sentMs <= atMs)?.sentMs ?? Number.NaN;
  let latestMs = Number.NEGATIVE_INFINITY;
  let sentBefore = 0;
  const sentAfter: string[] = [];
  for (const { holder, act } of done) {
    const atMs = sentMs.get(`${holder}/${act}`) ?? Number.NaN;
    const termMs = termOf(holder, atMs);
    if (termMs >= latestMs) latestMs = termMs;
    else if (atMs < latestMs) sentBefore += 1;
    else sentAfter.push(`${holder}/${act}`); // NaN too: done, and in no log
  }
  return { sentBefore, sentAfter };
}

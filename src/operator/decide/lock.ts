// Whether another helm holds a release, or a dead one left it locked (DESIGN.md O9). Pure.
import type { Observation, ObservedRelease } from '../observe/observation.ts';

/** How a release is held. */
export type Lock =
  | { readonly state: 'free' }
  /** Proved dead. */
  | { readonly state: 'dead'; readonly why: string }
  /** It may be working; after `lookAgainMs` it may be proved dead without any event. */
  | { readonly state: 'held'; readonly lookAgainMs: number };

/** After its timeout helm is given this long to end; our own is killed then. */
const graceMs = 30_000;

/** Records carry helm's time; clocks of machines differ. */
const clockMarginMs = 30_000;

/** How often a release of which no time is known is looked at. */
const unknownTimePollMs = 60_000;

/** How often a process of this machine is looked at: nothing tells of its end. */
const aliveHolderPollMs = 5_000;

/** Whether Helm's own lock is on. */
function isLocked(release: ObservedRelease): boolean {
  return release.status.startsWith('pending-') || release.status === 'uninstalling';
}

/**
 * The lock of a release at `nowMs`. Two things prove a holder dead: the process that started it has ended (it is ours, or
 * was one on this machine, and helm dies with it), or more time has passed than helm may take.
 */
export function lockOf(
  release: ObservedRelease,
  context: { readonly timeoutMs: number; readonly nowMs: number },
): Lock {
  if (!isLocked(release)) return { state: 'free' };
  // a helm of ours is waited for before anything else is done for its resource
  if (release.holder === 'self') return { state: 'dead', why: 'the helm that this operator had started is gone' };
  if (release.holder === 'dead') return { state: 'dead', why: 'the operator that had started helm is gone' };
  const { touchedAtMs } = release;
  const pollMs = release.holder === 'alive' ? aliveHolderPollMs : undefined;
  if (touchedAtMs === undefined) return { state: 'held', lookAgainMs: pollMs ?? unknownTimePollMs };
  const { timeoutMs, nowMs } = context;
  const forMs = touchedAtMs + timeoutMs + graceMs + clockMarginMs - nowMs;
  if (forMs > 0) return { state: 'held', lookAgainMs: Math.min(forMs, pollMs ?? forMs) };
  return { state: 'dead', why: `nothing happened within its time limit of ${timeoutMs / 1000} s` };
}

/**
 * The revision to go back to: the last that was ready, else the last that was deployed; one that is still stored, and that
 * can be told from a forged one. Undefined where there is none.
 */
export function lastGood(observed: Pick<Observation, 'release' | 'resource'>): number | undefined {
  return lastReady(observed) ?? goodAndNoted(observed)[0];
}

/** The last revision that was ready, under the same conditions. */
export function lastReady(observed: Pick<Observation, 'release' | 'resource'>): number | undefined {
  const ready = observed.resource.status?.readyRevision;
  return goodAndNoted(observed).find((revision) => revision === ready);
}

/** What a revision consists of was noted when helm had written it for us: a record that somebody wrote is not gone back to. */
function goodAndNoted({ release, resource }: Pick<Observation, 'release' | 'resource'>): readonly number[] {
  const { release: present, history = [] } = resource.status ?? {};
  const noted = [present, ...history].flatMap((each) => (each?.contentDigest === undefined ? [] : [each.revision]));
  return release?.good.filter((revision) => noted.includes(revision)) ?? [];
}

// Whether another helm holds a release, or a dead one left it locked (DESIGN.md O9). Pure.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import { recordSecretName } from '../../release/record.ts';
import type { Observation, ObservedRelease } from '../observe/observation.ts';
import { parseDigestLabel } from './desired-digest.ts';

/** How a release is held. */
export type Lock =
  | { readonly state: 'free' }
  /** Proved dead. */
  | { readonly state: 'dead'; readonly why: string }
  /**
   * It may be working; after `lookAgainMs` it may be proved dead without any event, and at `untilMs` (since the epoch;
   * undefined where no time is known) it is.
   */
  | { readonly state: 'held'; readonly lookAgainMs: number; readonly untilMs: number | undefined };

/** After its timeout helm is given this long to end; our own is killed then. */
export const helmGraceMs = 30_000;

/** Records carry helm's time; clocks of machines differ. */
const clockMarginMs = 30_000;

/** helm's own default: of somebody else's helm it is not known how long it may take, but hardly less than this. */
const helmTimeoutMs = 300_000;

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
 * was one on this machine, and helm dies with it), or more time has passed than helm may take. Of a helm that we did not
 * start the latter is no proof, only likely; `isDeclaredDead`: somebody says so of it, which is believed unless its process
 * is seen.
 */
export function lockOf(
  release: ObservedRelease,
  context: { readonly timeoutMs: number; readonly isDeclaredDead: boolean; readonly nowMs: number },
): Lock {
  if (!isLocked(release)) return { state: 'free' };
  // a helm of ours is waited for before anything else is done for its resource
  if (release.holder === 'self') return { state: 'dead', why: 'the helm that this operator had started is gone' };
  if (release.holder === 'dead') return { state: 'dead', why: 'the operator that had started helm is gone' };
  const isByUs = release.status.startsWith('pending-') && isMadeByUs(release);
  // our own request to upgrade may be what a replica elsewhere is obeying
  if (context.isDeclaredDead && !isByUs) return { state: 'dead', why: 'it is declared dead' };
  const { touchedAtMs } = release;
  const pollMs = release.holder === 'alive' ? aliveHolderPollMs : undefined;
  if (touchedAtMs === undefined) {
    return { state: 'held', lookAgainMs: pollMs ?? unknownTimePollMs, untilMs: undefined };
  }
  const { nowMs } = context;
  const timeoutMs = isByUs ? context.timeoutMs : Math.max(context.timeoutMs, helmTimeoutMs);
  const untilMs = touchedAtMs + timeoutMs + helmGraceMs + clockMarginMs;
  const forMs = untilMs - nowMs;
  if (forMs > 0) return { state: 'held', lookAgainMs: Math.min(forMs, pollMs ?? forMs), untilMs };
  return { state: 'dead', why: `nothing happened within its time limit of ${timeoutMs / 1000} s` };
}

/** What is said of a lock: a point in time, not the time left, so that it stays as it is. */
export function heldText(
  { resource, releaseNamespace }: Pick<Observation, 'resource' | 'releaseNamespace'>,
  release: ObservedRelease,
  { untilMs }: { readonly untilMs: number | undefined },
): string {
  const secret = `Secret ${releaseNamespace}/${recordSecretName(resource.metadata.name, release.revision)}`;
  const until = untilMs === undefined ? '' : `, until ${new Date(untilMs).toISOString().slice(0, 19)}Z at the latest`;
  const wayOut = `If no helm is at work on it: ${ResourceAnnotation.forceRequestedAt}.`;
  return `another helm holds it (${secret})${until}${isMadeByUs(release) ? '' : `. ${wayOut}`}`;
}

/** Labels are copied to the next revision: only on the one that the digest was written for do they tell who made it. */
export function isMadeByUs({ digestLabel, revision }: Pick<ObservedRelease, 'digestLabel' | 'revision'>): boolean {
  return parseDigestLabel(digestLabel)?.revision === revision;
}

/**
 * The revision to go back to: the last that was ready, or where that cannot be, the last deployed before it, of which that is
 * not known; where none was ever ready, the last that was deployed. One that is still stored, and that can be told from a
 * forged one. Undefined where there is none: what came after the last ready revision was never ready, and mends nothing.
 */
export function lastGood(observed: Pick<Observation, 'release' | 'resource'>): number | undefined {
  const ready = observed.resource.status?.readyRevision;
  return goodAndNoted(observed).find((revision) => ready === undefined || revision <= ready);
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

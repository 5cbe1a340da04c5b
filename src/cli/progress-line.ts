// How far a purge is, in one line that fits the terminal. Pure.
import { formatAge } from './output.ts';

/** What the line tells. */
export interface PurgeProgressState {
  /** Releases to purge. */
  readonly total: number;
  /** Of those, purged, failed or skipped. */
  readonly done: number;
  readonly failed: number;
  /** Going now. */
  readonly inFlight: number;
  /** Nothing more is started. */
  readonly isStopping: boolean;
  /** For how long the API server has been asking for patience. */
  readonly pausedMs?: number | undefined;
  readonly estimate?: Estimate | undefined;
}

/** What the last releases let expect. */
export interface Estimate {
  readonly perMinute: number;
  readonly leftMs: number;
}

/** Ends that an estimate looks back to, and those that it needs: the first come in one wave. */
const lookBack = 20;
const fewest = 5;
const soonestMs = 3_000;
/** An estimate of days is none. */
const longestMs = 48 * 3_600_000;

/**
 * From when releases have ended, on the clock of `nowMs`, oldest first. Undefined as long as nobody can know, at the beginning
 * and where hardly anything ends. Time in which nothing ends counts.
 */
export function estimateOf(ends: {
  readonly startedMs: number;
  readonly endsMs: readonly number[];
  readonly left: number;
  readonly nowMs: number;
}): Estimate | undefined {
  const { startedMs, endsMs, left, nowMs } = ends;
  if (endsMs.length < fewest || nowMs - startedMs < soonestMs) return undefined;
  const sinceMs = endsMs.at(-lookBack - 1) ?? startedMs;
  const perMs = Math.min(lookBack, endsMs.length) / Math.max(1, nowMs - sinceMs);
  const leftMs = left / perMs;
  return leftMs > longestMs ? undefined : { perMinute: perMs * 60_000, leftMs };
}

interface Part {
  readonly text: string;
  /** The lowest go first where the terminal is narrow. */
  readonly weight: number;
}

/** At most `width - 1` columns: a line that reaches the last one makes some terminals scroll. */
export function progressLine(state: PurgeProgressState, width: number): string {
  const { total, done } = state;
  const room = Math.max(0, width - 1);
  const head = `[${String(done).padStart(String(total).length)}/${total}]`;
  const kept = new Set<Part>();
  const parts = partsOf(state);
  let length = head.length;
  for (const part of parts.toSorted((a, b) => b.weight - a.weight)) {
    const more = (kept.size === 0 ? 1 : 2) + part.text.length;
    if (length + more > room) break;
    kept.add(part);
    length += more;
  }
  const text = parts.filter((part) => kept.has(part)).map((part) => part.text);
  return (text.length === 0 ? head : `${head} ${text.join(', ')}`).slice(0, room);
}

function partsOf({ isStopping, pausedMs, inFlight, failed, estimate }: PurgeProgressState): readonly Part[] {
  const isWaiting = pausedMs !== undefined;
  return [
    ...(isStopping ? [{ text: 'stopping', weight: 6 }] : []),
    ...(isWaiting ? [{ text: `waiting for the API server (${formatAge(pausedMs)})`, weight: 5 }] : []),
    { text: `${inFlight} in flight`, weight: 2 },
    ...(failed === 0 ? [] : [{ text: `${failed} failed`, weight: 4 }]),
    ...(estimate === undefined || isWaiting || isStopping
      ? []
      : [
          { text: `${rateText(estimate.perMinute)}/min`, weight: 1 },
          { text: `${formatAge(Math.max(1_000, estimate.leftMs))} left`, weight: 3 },
        ]),
  ];
}

function rateText(perMinute: number): string {
  return perMinute < 10 ? perMinute.toFixed(1) : String(Math.round(perMinute));
}

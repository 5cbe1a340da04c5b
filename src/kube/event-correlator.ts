// Which Events are news, which are repetitions of one that is there, and which are too many. After client-go's correlator.
import type { EventObject } from './event-object.ts';

/** What to do with an Event. */
export type Correlation =
  | { readonly kind: 'create'; readonly entry: EventEntry }
  | { readonly kind: 'repeat'; readonly entry: EventEntry }
  | { readonly kind: 'drop' };

/** An Event that was written, or is about to be. What is not said to be the correlator's is who writes it. */
export interface EventEntry {
  /** How often it was recorded; the correlator's. */
  count: number;
  /** When last; the correlator's. */
  lastSeenMs: number;
  /** As it is to be created. */
  object: EventObject | undefined;
  /** What the API server was told last; 0: it is not there, as far as is known. */
  writtenCount: number;
  /** When writing it was last tried. */
  triedMs: number;
  /** Whether it waits to be written, or is on its way. */
  isWriting: boolean;
  /** Whether it will never be taken. */
  isRefused: boolean;
}

/** An Event that was not seen for this long is news again. */
const seriesEndsAfterMs = 600_000;

/** client-go's spam filter: so many new Events of one object at once, then one every five minutes. */
const burst = 25;
const refillMs = 300_000;

const maxRemembered = 5_000;

/** Remembers what was recorded. Time is handed in. */
export class EventCorrelator {
  readonly #entries = new Map<string, EventEntry>();
  readonly #budgets = new Map<string, { tokens: number; atMs: number }>();

  /** `uid` is the object's; `text` is all that makes an Event what it is. */
  correlate(event: { readonly uid: string; readonly text: string }, nowMs: number): Correlation {
    const key = `${event.uid} ${event.text}`;
    const held = this.#entries.get(key);
    if (held !== undefined && nowMs - held.lastSeenMs < seriesEndsAfterMs) {
      held.count += 1;
      held.lastSeenMs = nowMs;
      return { kind: 'repeat', entry: held };
    }
    if (!this.#spend(event.uid, nowMs)) return { kind: 'drop' };
    const entry = newEntry(nowMs);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    forgetOldest(this.#entries);
    return { kind: 'create', entry };
  }

  #spend(uid: string, nowMs: number): boolean {
    const held = this.#budgets.get(uid) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, held.tokens + (nowMs - held.atMs) / refillMs);
    const isEnough = tokens >= 1;
    this.#budgets.delete(uid);
    this.#budgets.set(uid, { tokens: isEnough ? tokens - 1 : tokens, atMs: nowMs });
    forgetOldest(this.#budgets);
    return isEnough;
  }
}

function newEntry(nowMs: number): EventEntry {
  const unwritten = { object: undefined, writtenCount: 0, triedMs: nowMs, isWriting: false, isRefused: false };
  return { count: 1, lastSeenMs: nowMs, ...unwritten };
}

/** Maps keep the order of insertion. */
function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= maxRemembered) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}

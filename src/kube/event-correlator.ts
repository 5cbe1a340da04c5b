// Which Events are news, which are repetitions of one that is there or so like many that they are folded into one, and
// which are too many. After client-go's correlator.
import { boundedNote, type EventObject } from './event-object.ts';

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
  /** Whether it stands for Events that differ in their notes, and shows the latest; the correlator's. */
  readonly isCombined: boolean;
  /** What people are to read now; the correlator's. */
  note: string;
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

/** client-go's aggregator: an object has so many Events that differ in nothing but their notes; all further ones are one. */
const maxSimilar = 10;
const combinedPrefix = '(combined from similar events): ';

/** client-go's spam filter: so many new Events of one object at once, then one every five minutes. */
const burst = 25;
const refillMs = 300_000;

const maxRemembered = 5_000;

/** Remembers what was recorded. Time is handed in. */
export class EventCorrelator {
  readonly #entries = new Map<string, EventEntry>();
  readonly #similar = new Map<string, { notes: number; seenMs: number }>();
  readonly #budgets = new Map<string, { tokens: number; atMs: number }>();

  /** `uid` is the object's; `group` is what makes an Event what it is but for its note, which is bounded. */
  correlate(
    event: { readonly uid: string; readonly group: string; readonly note: string },
    nowMs: number,
  ): Correlation {
    const { uid, group, note } = event;
    const known = this.#repeat(`${uid} ${group} ${note}`, { note, nowMs });
    if (known !== undefined) return known;
    const similar = this.#similarTo(`${uid} ${group}`, nowMs);
    if (similar.notes < maxSimilar) {
      const created = this.#create(`${uid} ${group} ${note}`, { uid, note, isCombined: false, nowMs });
      if (created.kind === 'create') similar.notes += 1;
      return created;
    }
    const combined = boundedNote(combinedPrefix + note);
    const key = `${uid} ${group}`; // shorter by the blank than that of any note
    return (
      this.#repeat(key, { note: combined, nowMs }) ??
      this.#create(key, { uid, note: combined, isCombined: true, nowMs })
    );
  }

  #repeat(key: string, { note, nowMs }: { readonly note: string; readonly nowMs: number }): Correlation | undefined {
    const held = this.#entries.get(key);
    if (held === undefined || nowMs - held.lastSeenMs >= seriesEndsAfterMs) return undefined;
    held.count += 1;
    held.lastSeenMs = nowMs;
    held.note = note;
    return { kind: 'repeat', entry: held };
  }

  #create(
    key: string,
    event: { readonly uid: string; readonly note: string; readonly isCombined: boolean; readonly nowMs: number },
  ): Correlation {
    if (!this.#spend(event.uid, event.nowMs)) return { kind: 'drop' };
    const entry = newEntry(event);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    forgetOldest(this.#entries);
    return { kind: 'create', entry };
  }

  #similarTo(key: string, nowMs: number): { notes: number; seenMs: number } {
    const held = this.#similar.get(key);
    const isOver = held === undefined || nowMs - held.seenMs >= seriesEndsAfterMs;
    const similar = isOver ? { notes: 0, seenMs: nowMs } : held;
    similar.seenMs = nowMs;
    this.#similar.delete(key);
    this.#similar.set(key, similar);
    forgetOldest(this.#similar);
    return similar;
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

function newEntry(event: { readonly note: string; readonly isCombined: boolean; readonly nowMs: number }): EventEntry {
  const { note, isCombined, nowMs } = event;
  const unwritten = { object: undefined, writtenCount: 0, triedMs: nowMs, isWriting: false, isRefused: false };
  return { count: 1, lastSeenMs: nowMs, isCombined, note, ...unwritten };
}

/** Maps keep the order of insertion. */
function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= maxRemembered) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}

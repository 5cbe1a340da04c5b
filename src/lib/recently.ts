// Asking once for all who ask at about the same time.
import type { Clock } from './clock.ts';

/** How long an answer stands. */
export interface RecentlyOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From when it was asked, in milliseconds. */
  readonly maxAgeMs: number;
}

/** Of what is no text: what is the same. */
export interface KeyedOptions<Of> extends RecentlyOptions {
  readonly keyOf: (of: Of) => string;
}

interface Asked<T> {
  readonly atMs: number;
  readonly answer: Promise<T>;
}

/** As `ask`, but of the same the same answer for all who ask within `maxAgeMs`. A failure is told to those who wait, and no longer. */
export function recently<T>(ask: (of: string) => Promise<T>, options: RecentlyOptions): (of: string) => Promise<T>;
export function recently<T, Of>(ask: (of: Of) => Promise<T>, options: KeyedOptions<Of>): (of: Of) => Promise<T>;
export function recently<T, Of>(
  ask: (of: Of) => Promise<T>,
  { clock, maxAgeMs, keyOf = String }: RecentlyOptions & Partial<KeyedOptions<Of>>,
): (of: Of) => Promise<T> {
  const asked = new Map<string, Asked<T>>(); // oldest first
  return (of) => {
    const key = keyOf(of);
    const nowMs = clock.monotonic();
    for (const [old, { atMs }] of asked) {
      if (nowMs - atMs < maxAgeMs) break;
      asked.delete(old);
    }
    const known = asked.get(key);
    if (known !== undefined) return known.answer;
    const one: Asked<T> = { atMs: nowMs, answer: ask(of) };
    asked.set(key, one);
    one.answer.catch(() => {
      if (asked.get(key) === one) asked.delete(key);
    });
    return one.answer;
  };
}

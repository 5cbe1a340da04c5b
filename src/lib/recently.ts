// Asking once for all who ask at about the same time.
import type { Clock } from './clock.ts';

/** How long an answer stands. */
export interface RecentlyOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From when it was asked, in milliseconds. */
  readonly maxAgeMs: number;
}

interface Asked<T> {
  readonly atMs: number;
  readonly answer: Promise<T>;
}

/** As `ask`, but of each key the same answer for all who ask within `maxAgeMs`. A failure is told to those who wait, and no longer. */
export function recently<T>(
  ask: (key: string) => Promise<T>,
  { clock, maxAgeMs }: RecentlyOptions,
): (key: string) => Promise<T> {
  const asked = new Map<string, Asked<T>>(); // oldest first
  return (key) => {
    const nowMs = clock.monotonic();
    for (const [old, { atMs }] of asked) {
      if (nowMs - atMs < maxAgeMs) break;
      asked.delete(old);
    }
    const known = asked.get(key);
    if (known !== undefined) return known.answer;
    const one: Asked<T> = { atMs: nowMs, answer: ask(key) };
    asked.set(key, one);
    one.answer.catch(() => {
      if (asked.get(key) === one) asked.delete(key);
    });
    return one.answer;
  };
}

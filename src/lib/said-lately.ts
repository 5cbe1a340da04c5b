// What has been said lately need not be said again: for what repeats itself while something is down.
import type { Clock } from './clock.ts';

/** Remembers what was said about each subject. */
export class SaidLately {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #said = new Map<string, { readonly what: string; readonly atMs: number; unsaid: number }>();

  /** The same is said again after `everyMs`. Default a minute. */
  constructor(clock: Clock, everyMs = 60_000) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /**
   * Whether it is news: something else than was said last about the subject, or long ago. Then with how often it was left
   * unsaid since; undefined where it should be left unsaid.
   */
  news(subject: string, what: string): { readonly unsaid: number } | undefined {
    const held = this.#said.get(subject);
    const nowMs = this.#clock.monotonic();
    if (held !== undefined && held.what === what && nowMs - held.atMs < this.#everyMs) {
      held.unsaid += 1;
      return undefined;
    }
    this.#said.set(subject, { what, atMs: nowMs, unsaid: 0 });
    return { unsaid: held?.unsaid ?? 0 };
  }
}

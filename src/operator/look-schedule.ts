// When something is looked at again of which no event tells: after 2, 4, 8, … up to 60 s, for as long as it is not ready.
import type { Clock } from '../lib/clock.ts';

const firstMs = 2_000;
const longestMs = 60_000;

interface Look {
  readonly news: string;
  readonly waitMs: number;
  readonly dueMs: number;
}

/** The next look at each of several things. */
export class LookSchedule {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #looks = new Map<string, Look>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * Whether the look at `id` is due: then the next one takes twice as long. `news` is all that is known of it otherwise:
   * another text begins anew, so that what changes all the time is left to its events.
   */
  take(id: string, news: string): boolean {
    const nowMs = this.#clock.monotonic();
    const held = this.#looks.get(id);
    if (held === undefined || held.news !== news) {
      this.#looks.set(id, { news, waitMs: firstMs, dueMs: nowMs + firstMs });
      return false;
    }
    if (nowMs < held.dueMs) return false;
    const waitMs = Math.min(held.waitMs * 2, longestMs);
    this.#looks.set(id, { news, waitMs, dueMs: nowMs + waitMs });
    return true;
  }

  /** How long it is until the next look at `id`, at least 1 ms; undefined where none was asked for. */
  dueInMs(id: string): number | undefined {
    const held = this.#looks.get(id);
    return held === undefined ? undefined : Math.max(1, Math.ceil(held.dueMs - this.#clock.monotonic()));
  }

  /** No more looks. */
  end(id: string): void {
    this.#looks.delete(id);
  }
}

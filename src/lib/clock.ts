// The one source of time: everything that reads a clock takes one of these, so that tests own time.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Time as the program sees it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. It may jump: never measure with it. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary origin. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay of a timer: a longer one would fire at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      let restMs = ms;
      do {
        // a timer that is set for longer than it can count fires at once
        await delay(Math.min(restMs, maxTimerMs), undefined, signal === undefined ? {} : { signal });
        restMs -= maxTimerMs;
      } while (restMs > 0);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

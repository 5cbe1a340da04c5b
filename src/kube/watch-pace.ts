// How long a reflector waits before it asks again: soon enough to be up to date within 5 s of the end of a fault, seldom
// enough to hammer nobody. Pure.
import { backoffMs } from '../lib/backoff.ts';
import { isApiError } from './errors.ts';

/** How an attempt (a list where one is needed, and a watch) ended. */
export interface AttemptEnd {
  /** Absent where the server ended the watch by itself. */
  readonly error?: unknown;
  /** How long the watch stood; 0 where it never did. */
  readonly stoodMs: number;
}

/**
 * The promise: attempts begin at most this often in any 60 s, whatever happens. An attempt sends one request, or, where
 * the local copy cannot go on from where it was, a list besides (a request per 500 objects).
 */
export const maxAttemptsPerMinute = 30;

/** For what may be over in a moment: outages, overload, an answer that was cut. The longest wait leaves 1.5 s of the 5. */
const passing = { baseMs: 250, maxMs: 3_500, jitter: 0.25 } as const;

/** For what a person has to change: a right, a type that is not served. */
const lasting = { baseMs: 1_000, maxMs: 30_000 } as const;

/** A watch that stood for so long was a success: what went wrong before it is forgotten. */
const successMs = 10_000;

/** Counts failures in a row. */
export class WatchPace {
  #failures = 0;

  /** Milliseconds to wait after this attempt. `random` is a number in [0, 1). */
  waitAfter(end: AttemptEnd, random: number): number {
    const isSuccess = end.stoodMs >= successMs;
    if (isSuccess) this.#failures = 0;
    if (isSuccess && end.error === undefined) return 0;
    this.#failures += 1;
    const curve = isApiError(end.error, 'API_UNAUTHORIZED', 'API_FORBIDDEN', 'API_NOT_FOUND', 'API_INVALID')
      ? lasting
      : passing;
    return backoffMs(this.#failures - 1, random, curve);
  }
}

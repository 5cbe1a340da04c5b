// Read, change, write, and once more where somebody else wrote in between: for changes that are safe to make again.
import { backoffMs } from '../lib/backoff.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { isApiError } from './errors.ts';

/** Options of {@link retryOnConflict}. */
export interface RetryOnConflictOptions {
  readonly clock?: Clock;
  /** Tries in all. Default 5, client-go's. */
  readonly attempts?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `change` until it is not refused with 409. It must read the object anew each time it is called.
 * @throws ApiError `API_CONFLICT` after the last try; whatever else `change` throws, at once
 */
export async function retryOnConflict<T>(
  change: (attempt: number) => Promise<T>,
  options: RetryOnConflictOptions = {},
): Promise<T> {
  const { clock = systemClock, attempts = 5, signal } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await change(attempt);
    } catch (error) {
      if (!isApiError(error, 'API_CONFLICT') || attempt + 1 >= attempts) throw error;
      await clock.sleep(backoffMs(attempt, Math.random(), { baseMs: 20, maxMs: 1_000 }), signal);
    }
  }
}

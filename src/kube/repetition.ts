// Which failed requests are sent again, and when. Pure.
import { backoffMs } from '../lib/backoff.ts';
import type { ApiRequest } from './api-request.ts';
import type { ApiError } from './errors.ts';

/** How long a request puts up with 429: the server is there and asks for patience, so attempts are not counted. */
export const throttlePatienceMs = 120_000;

const maxAttempts = 5;

/** How long to wait after a 429 that does not say so. */
const throttleMs = 1_000;

/** The longest wait that a server is granted: one that asks for a day would stop all requests for a day. */
const maxThrottleMs = 60_000;

const retryStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);
const backoff = { baseMs: 200, maxMs: 5_000 } as const;

/** What the server asks for, within reason: `Retry-After: 0` would be a busy loop. */
export function boundedThrottleMs(askedMs: number | undefined): number {
  return Math.min(maxThrottleMs, Math.max(throttleMs, askedMs ?? throttleMs));
}

/**
 * Milliseconds until the request is sent again after its `failures`-th failure; undefined: it is not. Not for 429, where
 * all wait together. `random` is a number in [0, 1).
 */
export function repetitionMs(
  apiRequest: ApiRequest,
  failure: { readonly error: ApiError; readonly failures: number; readonly random: number },
): number | undefined {
  const { error, failures, random } = failure;
  if (failures >= maxAttempts || !mayRepeat(apiRequest, error)) return undefined;
  return error.retryAfterMs === undefined
    ? backoffMs(failures - 1, random, backoff)
    : boundedThrottleMs(error.retryAfterMs);
}

function mayRepeat(apiRequest: ApiRequest, error: ApiError): boolean {
  const isIdempotent = apiRequest.isIdempotent ?? apiRequest.method !== 'POST';
  if (!isIdempotent && !error.isUnsent) return false;
  return error.status === undefined
    ? error.code === 'API_UNREACHABLE' || error.code === 'API_TIMEOUT'
    : error.code === 'API_SERVER_ERROR' && retryStatuses.has(error.status);
}

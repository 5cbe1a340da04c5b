import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/kube/api-request.ts';
import { ApiError, type ApiErrorCode, type ApiErrorOptions } from '../../../src/kube/errors.ts';
import { boundedThrottleMs, repetitionMs } from '../../../src/kube/repetition.ts';

const request = (change: Partial<ApiRequest>): ApiRequest => ({ method: 'GET', path: '/x', what: 'get x', ...change });

const isRepeated = (change: Partial<ApiRequest>, code: ApiErrorCode, options: ApiErrorOptions = {}): boolean =>
  repetitionMs(request(change), { error: new ApiError(code, 'no', options), failures: 1, random: 0 }) !== undefined;

describe('a failed request', () => {
  it.each<[boolean, Partial<ApiRequest>, ApiErrorCode, ApiErrorOptions]>([
    [true, {}, 'API_UNREACHABLE', {}],
    [true, {}, 'API_TIMEOUT', {}],
    [true, { method: 'PATCH' }, 'API_SERVER_ERROR', { status: 503 }],
    [false, {}, 'API_SERVER_ERROR', { status: 501 }],
    [false, {}, 'API_CONFLICT', { status: 409 }],
    [false, {}, 'API_BAD_ANSWER', {}],
    [false, { method: 'POST' }, 'API_UNREACHABLE', {}],
    [false, { method: 'POST' }, 'API_TIMEOUT', {}],
    [false, { method: 'POST' }, 'API_SERVER_ERROR', { status: 503 }],
    [true, { method: 'POST' }, 'API_UNREACHABLE', { isUnsent: true }],
    [true, { method: 'POST' }, 'API_TIMEOUT', { isUnsent: true }],
    [true, { method: 'POST', isIdempotent: true }, 'API_TIMEOUT', {}],
    [false, { method: 'PUT', isIdempotent: false }, 'API_TIMEOUT', {}],
  ])('is repeated (%s): %j after %s %j', (expected, change, code, options) => {
    expect(isRepeated(change, code, options)).toBe(expected);
  });

  it('is repeated four times, and waits within reason whatever the server asks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.double({ noNaN: true }), { nil: undefined }),
        (failures, random, retryAfterMs) => {
          const options = { status: 503, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
          const error = new ApiError('API_SERVER_ERROR', 'no', options);
          const waitMs = repetitionMs(request({}), { error, failures, random });
          if (failures >= 5) expect(waitMs).toBeUndefined();
          else if (retryAfterMs === undefined) expect(waitMs).toBeLessThanOrEqual(5_000);
          else expect(waitMs).toBe(boundedThrottleMs(retryAfterMs));
          expect(waitMs ?? 1_000).toBeGreaterThanOrEqual(100);
          expect(waitMs ?? 1_000).toBeLessThanOrEqual(60_000);
        },
      ),
    );
  });
});

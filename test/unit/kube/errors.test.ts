import { describe, expect, it } from 'vitest';
import { ApiError, apiErrorFromStatus, isApiError } from '../../../src/kube/errors.ts';

describe('apiErrorFromStatus', () => {
  it.for<[number, string, string, boolean]>([
    [400, 'BadRequest', 'API_INVALID', true],
    [401, 'Unauthorized', 'API_UNAUTHORIZED', false],
    [403, 'Forbidden', 'API_FORBIDDEN', false],
    [404, 'NotFound', 'API_NOT_FOUND', false],
    [409, 'AlreadyExists', 'API_ALREADY_EXISTS', false],
    [409, 'Conflict', 'API_CONFLICT', false],
    [410, 'Expired', 'API_GONE', false],
    [422, 'Invalid', 'API_INVALID', true],
    [429, 'TooManyRequests', 'API_TOO_MANY_REQUESTS', false],
    [500, 'InternalError', 'API_SERVER_ERROR', false],
    [503, 'ServiceUnavailable', 'API_SERVER_ERROR', false],
    [504, 'Timeout', 'API_SERVER_ERROR', false],
    [418, 'Teapot', 'API_SERVER_ERROR', false],
  ])('makes of %d %s: %s, terminal %s', ([status, reason, code, isTerminal]) => {
    const error = apiErrorFromStatus('get secrets a/b', { status, body: { reason, message: 'why' } });
    expect(error).toMatchObject({ code, isTerminal, status, reason, message: 'cannot get secrets a/b: why' });
  });

  it('knows the refusal of an unknown field, which server-side apply words as a failure of the server', () => {
    const message =
      'failed to create typed patch object (a/b; /v1, Kind=ConfigMap): .dta: field not declared in schema';
    const error = apiErrorFromStatus('apply configmaps a/b', { status: 500, body: { message } });
    expect(error).toMatchObject({ code: 'API_INVALID', isTerminal: true });
  });

  it('names the status where the server said nothing', () => {
    expect(apiErrorFromStatus('list pods', { status: 502, body: undefined }).message).toBe(
      'cannot list pods: HTTP 502',
    );
  });

  it.each([
    ['the header, before the body', { retryAfterMs: 2_000, body: { details: { retryAfterSeconds: 9 } } }, 2_000],
    ['the body', { body: { details: { retryAfterSeconds: 9 } } }, 9_000],
    ['nothing', { body: {} }, undefined],
  ])('takes what to wait from %s', (_name, answer, expected) => {
    expect(apiErrorFromStatus('list pods', { status: 429, ...answer }).retryAfterMs).toBe(expected);
  });

  it('says what to do where the reader can do something', () => {
    expect(apiErrorFromStatus('list pods', { status: 403, body: {} }).remedy).toContain('can-i');
    expect(apiErrorFromStatus('list pods', { status: 500, body: {} }).remedy).toBeUndefined();
  });
});

describe('isApiError', () => {
  it('knows the class and the code', () => {
    const error = new ApiError('API_GONE', 'too old');
    expect(isApiError(error)).toBe(true);
    expect(isApiError(error, 'API_CONFLICT', 'API_GONE')).toBe(true);
    expect(isApiError(error, 'API_CONFLICT')).toBe(false);
    expect(isApiError(Object.assign(new Error('x'), { code: 'API_GONE' }), 'API_GONE')).toBe(false);
  });
});

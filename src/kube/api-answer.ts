// What the API server answered, read: the JSON, or the failure as a typed error.
import { STATUS_CODES } from 'node:http';
import { type Dispatcher, errors } from 'undici';
import type { ApiRequest } from './api-request.ts';
import { ApiError, apiErrorFromStatus } from './errors.ts';
import type { StatusBody } from './objects.ts';

/** Status, headers, and a body that has not been read. */
export type ApiAnswer = Dispatcher.ResponseData<unknown>;

/** Reads the body. @throws ApiError where it is cut, stops coming, or is no JSON */
export async function readJson<T>(apiRequest: ApiRequest, answer: ApiAnswer): Promise<T> {
  try {
    return (await answer.body.json()) as T;
  } catch (cause) {
    apiRequest.signal?.throwIfAborted();
    const [code, why] =
      cause instanceof SyntaxError
        ? (['API_BAD_ANSWER', 'the answer is not JSON'] as const)
        : cause instanceof errors.BodyTimeoutError
          ? (['API_TIMEOUT', 'the answer stopped coming'] as const)
          : (['API_UNREACHABLE', 'the connection was cut in the answer'] as const);
    throw new ApiError(code, `cannot ${apiRequest.what}: ${why}`, { cause });
  }
}

/** Reads an answer of 400 and above: what it says is wrong. */
export async function readError(apiRequest: ApiRequest, answer: ApiAnswer): Promise<ApiError> {
  const text = await answer.body.text().catch(() => '');
  const retryAfter = Number(answer.headers['retry-after'] ?? Number.NaN);
  return apiErrorFromStatus(apiRequest.what, {
    status: answer.statusCode,
    body: statusBody(text) ?? {
      message: text.slice(0, 200).trim() || (STATUS_CODES[answer.statusCode] ?? 'no reason'),
    },
    ...(Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1000 } : {}),
  });
}

function statusBody(text: string): StatusBody | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status'
      ? (parsed as StatusBody)
      : undefined;
  } catch {
    return undefined;
  }
}

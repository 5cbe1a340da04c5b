// One request on its way to the API server: credentials, headers, the fence, and what went wrong before it was answered.
import { errors, getGlobalDispatcher, request } from 'undici';
import { type Clock, systemClock } from '../lib/clock.ts';
import { CodedError } from '../lib/coded-error.ts';
import type { ApiAnswer } from './api-answer.ts';
import { type ApiRequest, defaultTimeoutMs, pathAndQuery } from './api-request.ts';
import { askingBeforeSending } from './ask-before-sending.ts';
import type { Connection } from './connection.ts';
import { ApiError } from './errors.ts';
import { type RequestInfo, requestInfo } from './request-info.ts';

/** What is told about each finished attempt, for metrics and tests. */
export interface RequestObservation extends RequestInfo {
  readonly method: string;
  readonly path: string;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly durationMs: number;
}

/** Options of {@link RequestSender}. */
export interface RequestSenderOptions {
  /** Sent as `User-Agent`. */
  readonly userAgent: string;
  readonly clock?: Clock;
  /** Sent as `Impersonate-User`: every call is made as this user. */
  readonly impersonate?: string;
  readonly observe?: (observation: RequestObservation) => void;
  /**
   * Asked right before the first byte of each POST, PUT, PATCH and DELETE. Where it throws (a CodedError), nothing is sent
   * and the call fails with that error: the fence of a leader that may have lost its Lease.
   */
  readonly beforeWrite?: () => void;
}

interface SendOptions {
  /** The longest silence within the answer's body; 0: any. */
  readonly bodyTimeoutMs: number;
}

/** Sends over one {@link Connection}; nothing is repeated but what is not let in, once, with new credentials. */
export class RequestSender {
  readonly #connection: Connection;
  readonly #options: RequestSenderOptions;
  readonly #clock: Clock;

  constructor(connection: Connection, options: RequestSenderOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The answer, whatever its status, as soon as its headers are there. @throws ApiError where there is none */
  async send(apiRequest: ApiRequest, options: SendOptions): Promise<ApiAnswer> {
    const first = await this.#attempt(apiRequest, options);
    if (first.statusCode !== 401) return first;
    await first.body.dump().catch(() => undefined);
    await this.#connection.credentials({ isRefreshForced: true });
    return this.#attempt(apiRequest, options);
  }

  async #attempt(apiRequest: ApiRequest, options: SendOptions): Promise<ApiAnswer> {
    const { headers, dispatcher: sockets } = await this.#connection.credentials();
    const startedMs = this.#clock.monotonic();
    const { impersonate, observe, userAgent, beforeWrite } = this.#options;
    const isFenced = beforeWrite !== undefined && apiRequest.method !== 'GET';
    if (isFenced) beforeWrite();
    const dispatcher = isFenced ? askingBeforeSending(sockets ?? getGlobalDispatcher(), beforeWrite) : sockets;
    const done = (status: number): void =>
      observe?.({
        ...requestInfo({ ...apiRequest, isWatch: apiRequest.query?.watch === 'true' }),
        method: apiRequest.method,
        path: apiRequest.path,
        status,
        durationMs: this.#clock.monotonic() - startedMs,
      });
    try {
      const pending = request(new URL(this.#connection.server + pathAndQuery(apiRequest)), {
        method: apiRequest.method,
        headers: {
          ...headers,
          accept: apiRequest.accept ?? 'application/json',
          'user-agent': userAgent,
          ...(impersonate === undefined ? {} : { 'impersonate-user': impersonate }),
          ...(apiRequest.body === undefined ? {} : { 'content-type': apiRequest.contentType ?? 'application/json' }),
        },
        body: apiRequest.body === undefined ? null : JSON.stringify(apiRequest.body),
        ...(dispatcher === undefined ? {} : { dispatcher }),
        ...(apiRequest.signal === undefined ? {} : { signal: apiRequest.signal }),
        headersTimeout: apiRequest.timeoutMs ?? defaultTimeoutMs,
        bodyTimeout: options.bodyTimeoutMs,
        allowH2: false, // a watch is a connection: one stalled stream must not hold up the others
      } as Parameters<typeof request>[1]);
      const answer = await abortable(pending, apiRequest.signal);
      done(answer.statusCode);
      return answer;
    } catch (cause) {
      // beforeWrite refused: nothing was sent
      if (cause instanceof CodedError && apiRequest.signal?.aborted !== true) throw cause;
      done(0);
      apiRequest.signal?.throwIfAborted();
      throw this.#connectionError(apiRequest, cause);
    }
  }

  #connectionError(apiRequest: ApiRequest, cause: unknown): ApiError {
    const { server } = this.#connection;
    if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError) {
      return new ApiError('API_TIMEOUT', `cannot ${apiRequest.what}: ${server} gave no answer in time`, { cause });
    }
    return new ApiError('API_UNREACHABLE', `cannot ${apiRequest.what}: ${server} is unreachable: ${describe(cause)}`, {
      cause,
      remedy: 'Check that the cluster is up and that the context is the right one (kubectl cluster-info).',
    });
  }
}

/**
 * undici tells of an abort only once it is connected or has given that up, ten seconds later: who aborts is told at once,
 * and an answer that comes all the same is thrown away.
 */
function abortable(pending: Promise<ApiAnswer>, signal: AbortSignal | undefined): Promise<ApiAnswer> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
      pending.then((late) => late.body.dump()).catch(() => undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const settle = (): void => signal.removeEventListener('abort', onAbort);
    pending.then(resolve, reject).finally(settle);
  });
}

/** undici wraps the interesting error: `fetch failed` says nothing, `connect ECONNREFUSED` does. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? describe(error.cause) : error.message || error.name;
}

// One request on its way to the API server: credentials, headers, the fence, and what went wrong before it was answered.
import { request } from 'undici';
import { type Clock, systemClock } from '../lib/clock.ts';
import { withinTime } from '../lib/within-time.ts';
import type { ApiAnswer } from './api-answer.ts';
import { type ApiRequest, defaultTimeoutMs, pathAndQuery } from './api-request.ts';
import type { Connection, Credentials } from './connection.ts';
import { Departure } from './departure.ts';
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
    const credentials = await this.#credentials(apiRequest);
    const first = await this.#attempt(apiRequest, { ...options, credentials });
    if (first.statusCode !== 401) return first;
    await first.body.dump().catch(() => undefined);
    const renewed = await this.#credentials(apiRequest, { refused: credentials });
    return this.#attempt(apiRequest, { ...options, credentials: renewed });
  }

  /** A plugin may ask a person, who takes time: only the signal ends that. */
  #credentials({ signal }: ApiRequest, options: { readonly refused?: Credentials } = {}): Promise<Credentials> {
    return withinTime(this.#connection.credentials(options), { signal });
  }

  async #attempt(
    apiRequest: ApiRequest,
    options: SendOptions & { readonly credentials: Credentials },
  ): Promise<ApiAnswer> {
    const { credentials, bodyTimeoutMs } = options;
    const { timeoutMs = defaultTimeoutMs, signal } = apiRequest;
    const startedMs = this.#clock.monotonic();
    const ask = apiRequest.method === 'GET' ? undefined : this.#options.beforeWrite;
    ask?.();
    const departure = new Departure(credentials.dispatcher, ask);
    try {
      const pending = request(new URL(this.#connection.server + pathAndQuery(apiRequest)), {
        method: apiRequest.method,
        headers: { ...credentials.headers, ...this.#headersOf(apiRequest) },
        body: apiRequest.body === undefined ? null : JSON.stringify(apiRequest.body),
        dispatcher: departure.dispatcher,
        ...(signal === undefined ? {} : { signal }),
        headersTimeout: 0, // undici's begins when the request is on its way; ours when it wants to be
        bodyTimeout: bodyTimeoutMs,
        reset: false, // undici would close the socket behind each DELETE that has a body, and dial anew: TLS and all
      });
      const answer = await withinTime(pending, {
        timeoutMs,
        signal, // undici tells of an abort only once it is connected, or has given that up
        onTimeout: () => departure.abandon(this.#timeoutError(apiRequest, { timeoutMs, isUnsent: !departure.hasLeft })),
      });
      this.#observe(apiRequest, { status: answer.statusCode, startedMs });
      return answer;
    } catch (cause) {
      if (departure.refusal !== undefined && signal?.aborted !== true) throw departure.refusal;
      this.#observe(apiRequest, { status: 0, startedMs });
      signal?.throwIfAborted();
      throw cause instanceof ApiError
        ? cause
        : this.#connectionError(apiRequest, { cause, isUnsent: !departure.hasLeft || isUnwritten(cause) });
    }
  }

  #headersOf({ accept = 'application/json', body, contentType = 'application/json' }: ApiRequest) {
    const { userAgent, impersonate } = this.#options;
    return {
      accept,
      'user-agent': userAgent,
      ...(impersonate === undefined ? {} : { 'impersonate-user': impersonate }),
      ...(body === undefined ? {} : { 'content-type': contentType }),
    };
  }

  #observe(apiRequest: ApiRequest, end: { readonly status: number; readonly startedMs: number }): void {
    const { method, path, query } = apiRequest;
    this.#options.observe?.({
      ...requestInfo({ method, path, isWatch: query?.watch === 'true' }),
      method,
      path,
      status: end.status,
      durationMs: this.#clock.monotonic() - end.startedMs,
    });
  }

  #timeoutError(
    { what }: ApiRequest,
    { timeoutMs, isUnsent }: { readonly timeoutMs: number; readonly isUnsent: boolean },
  ): ApiError {
    const why = isUnsent ? 'let no connection be opened' : 'gave no answer';
    const seconds = timeoutMs / 1000;
    const message = `cannot ${what}: ${this.#connection.server} ${why} in time (${seconds} s)`;
    return new ApiError('API_TIMEOUT', message, { isUnsent });
  }

  #connectionError(
    { what }: ApiRequest,
    { cause, isUnsent }: { readonly cause: unknown; readonly isUnsent: boolean },
  ): ApiError {
    const message = `cannot ${what}: ${this.#connection.server} is unreachable: ${describe(cause)}`;
    return new ApiError('API_UNREACHABLE', message, {
      cause,
      isUnsent,
      remedy: 'Check that the cluster is up and that the context is the right one (kubectl cluster-info).',
    });
  }
}

/**
 * A write that fails was not taken by the kernel, so the server has never had the whole request, and has done nothing: it
 * closed an idle socket just as we wanted to use it. Where the write succeeds and the answer is missing, nobody knows.
 */
function isUnwritten(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause && cause.syscall === 'write';
}

/** undici wraps the interesting error: `fetch failed` says nothing, `connect ECONNREFUSED` does. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? describe(error.cause) : error.message || error.name;
}

// One HTTP request to the API server: credentials, timeouts, typed errors, and repetition where that is safe.
import { STATUS_CODES } from 'node:http';
import { errors, getGlobalDispatcher, request } from 'undici';
import { backoffMs } from '../lib/backoff.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { CodedError } from '../lib/coded-error.ts';
import { askingBeforeSending } from './ask-before-sending.ts';
import type { Connection } from './connection.ts';
import { ApiError, apiErrorFromStatus } from './errors.ts';
import type { StatusBody } from './objects.ts';
import { RequestBrake } from './request-brake.ts';
import { type RequestInfo, requestInfo } from './request-info.ts';

/** A request before credentials. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path, starting with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** What the call does, for messages: `list secrets in namespace a`. */
  readonly what: string;
  /** Until the answer's headers are there. Default 30,000. */
  readonly timeoutMs?: number;
  /** Whether the call may be repeated after a lost connection or a 5xx. Default: all but POST, whose repetition creates twice. */
  readonly isIdempotent?: boolean;
  /** Whether a failed call is repeated at all. Default true; false for callers that pace their attempts themselves. */
  readonly isRepeated?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What is told about each finished attempt, for metrics and tests. */
export interface RequestObservation extends RequestInfo {
  readonly method: string;
  readonly path: string;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly durationMs: number;
}

/** Options of {@link HttpTransport}. */
export interface HttpTransportOptions {
  /** Sent as `User-Agent`. */
  readonly userAgent: string;
  readonly clock?: Clock;
  /** Sent as `Impersonate-User`: every call is made as this user. */
  readonly impersonate?: string;
  readonly observe?: (observation: RequestObservation) => void;
  /** Shared by all who share the connection. Default one of its own. */
  readonly brake?: RequestBrake;
  /**
   * Asked right before the first byte of each POST, PUT, PATCH and DELETE. Where it throws (a CodedError), nothing is sent
   * and the call fails with that error: the fence of a leader that may have lost its Lease.
   */
  readonly beforeWrite?: () => void;
}

type Answer = Awaited<ReturnType<typeof request>>;

const maxAttempts = 5;

/** How long a request puts up with 429: the server is there and asks for patience, so attempts are not counted. */
const throttlePatienceMs = 120_000;

/** How long to wait after a 429 that does not say so. */
const throttleMs = 1_000;

/** The longest wait that a server is granted: one that asks for a day would stop all requests for a day. */
const maxThrottleMs = 60_000;
const retryStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);
const backoff = { baseMs: 200, maxMs: 5_000 } as const;

/** Sends requests over one {@link Connection}. Safe to share. */
export class HttpTransport {
  readonly connection: Connection;
  readonly #options: HttpTransportOptions;
  readonly #clock: Clock;
  readonly #brake: RequestBrake;

  constructor(connection: Connection, options: HttpTransportOptions) {
    this.connection = connection;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#brake = options.brake ?? new RequestBrake(this.#clock);
  }

  /** Milliseconds for which requests are held back after a 429; 0 when they are not. */
  get heldBackMs(): number {
    return this.#brake.remainingMs;
  }

  /** The same connection, acting as another user. */
  impersonating(user: string): HttpTransport {
    return new HttpTransport(this.connection, { ...this.#options, brake: this.#brake, impersonate: user });
  }

  /** The same connection, where every write asks first. */
  fencedBy(beforeWrite: () => void): HttpTransport {
    return new HttpTransport(this.connection, { ...this.#options, brake: this.#brake, beforeWrite });
  }

  /** The same connection, not held back by a 429 to others: for a Lease, which does not survive waiting. */
  apart(): HttpTransport {
    return new HttpTransport(this.connection, { ...this.#options, brake: new RequestBrake(this.#clock) });
  }

  /**
   * Sends and parses the JSON answer.
   * 429 is repeated after `Retry-After` for every method (the server did nothing), for up to two minutes, and holds back
   * all requests over this connection meanwhile. 5xx and lost connections are repeated only where the request is
   * idempotent, in at most five attempts. @throws ApiError
   */
  async json<T>(apiRequest: ApiRequest): Promise<T> {
    const startedMs = this.#clock.monotonic();
    for (let failures = 0; ; ) {
      await this.#brake.pass(apiRequest.signal);
      try {
        const answer = await this.#send(apiRequest, { bodyTimeoutMs: apiRequest.timeoutMs ?? 30_000 });
        return await readJson<T>(apiRequest, answer);
      } catch (error) {
        apiRequest.signal?.throwIfAborted();
        if (!(error instanceof ApiError) || apiRequest.isRepeated === false) throw error;
        if (error.code === 'API_TOO_MANY_REQUESTS') {
          if (this.#clock.monotonic() - startedMs > throttlePatienceMs) throw error;
          continue; // the brake is on
        }
        failures += 1;
        if (failures >= maxAttempts || !mayRepeat(apiRequest, error)) throw error;
        await this.#clock.sleep(
          boundedAskMs(error) ?? backoffMs(failures - 1, Math.random(), backoff),
          apiRequest.signal,
        );
      }
    }
  }

  /** Sends once and gives the body as a stream of bytes, without any limit on its duration; for watches. */
  async stream(apiRequest: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    await this.#brake.pass(apiRequest.signal);
    const answer = await this.#send(apiRequest, { bodyTimeoutMs: 0 });
    return answer.body;
  }

  async #send(apiRequest: ApiRequest, options: { readonly bodyTimeoutMs: number }): Promise<Answer> {
    const first = await this.#attempt(apiRequest, options);
    if (first.statusCode === 401) {
      await first.body.dump().catch(() => undefined);
      await this.connection.credentials({ isRefreshForced: true });
      return this.#checked(apiRequest, await this.#attempt(apiRequest, options));
    }
    return this.#checked(apiRequest, first);
  }

  async #attempt(apiRequest: ApiRequest, options: { readonly bodyTimeoutMs: number }): Promise<Answer> {
    const { headers, dispatcher: sockets } = await this.connection.credentials();
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
      const pending = request(new URL(this.connection.server + apiRequest.path + queryString(apiRequest.query)), {
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
        headersTimeout: apiRequest.timeoutMs ?? 30_000,
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

  async #checked(apiRequest: ApiRequest, answer: Answer): Promise<Answer> {
    if (answer.statusCode < 400) return answer;
    const text = await answer.body.text().catch(() => '');
    const retryAfter = Number(answer.headers['retry-after'] ?? Number.NaN);
    const error = apiErrorFromStatus(apiRequest.what, {
      status: answer.statusCode,
      body: statusBody(text) ?? {
        message: text.slice(0, 200).trim() || (STATUS_CODES[answer.statusCode] ?? 'no reason'),
      },
      ...(Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1000 } : {}),
    });
    if (error.code === 'API_TOO_MANY_REQUESTS') this.#brake.hold(boundedWaitMs(error.retryAfterMs));
    throw error;
  }

  #connectionError(apiRequest: ApiRequest, cause: unknown): ApiError {
    const { server } = this.connection;
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
function abortable(pending: Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
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

/** What the server asks for, within reason: `Retry-After: 0` would be a busy loop. */
function boundedWaitMs(askedMs: number | undefined): number {
  return Math.min(maxThrottleMs, Math.max(throttleMs, askedMs ?? throttleMs));
}

function boundedAskMs(error: ApiError): number | undefined {
  return error.retryAfterMs === undefined ? undefined : boundedWaitMs(error.retryAfterMs);
}

function mayRepeat(apiRequest: ApiRequest, error: ApiError): boolean {
  const isIdempotent = apiRequest.isIdempotent ?? apiRequest.method !== 'POST';
  if (!isIdempotent) return false;
  return error.status === undefined
    ? error.code === 'API_UNREACHABLE' || error.code === 'API_TIMEOUT'
    : error.code === 'API_SERVER_ERROR' && retryStatuses.has(error.status);
}

async function readJson<T>(apiRequest: ApiRequest, answer: Answer): Promise<T> {
  try {
    return (await answer.body.json()) as T;
  } catch (cause) {
    apiRequest.signal?.throwIfAborted();
    const isCut = !(cause instanceof SyntaxError);
    throw new ApiError(
      isCut ? 'API_UNREACHABLE' : 'API_BAD_ANSWER',
      `cannot ${apiRequest.what}: ${isCut ? 'the connection was cut in the answer' : 'the answer is not JSON'}`,
      { cause },
    );
  }
}

function queryString(query: ApiRequest['query']): string {
  const entries = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
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

/** undici wraps the interesting error: `fetch failed` says nothing, `connect ECONNREFUSED` does. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? describe(error.cause) : error.message || error.name;
}

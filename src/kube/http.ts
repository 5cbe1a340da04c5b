// Requests to the API server: repeated where that is safe, held back together where the server asks for patience.
import { type Clock, systemClock } from '../lib/clock.ts';
import { inTurn } from '../lib/in-turn.ts';
import { type ApiAnswer, readError, readJson } from './api-answer.ts';
import { type ApiRequest, defaultTimeoutMs } from './api-request.ts';
import type { Connection } from './connection.ts';
import { ApiError, isApiError } from './errors.ts';
import { boundedThrottleMs, repetitionMs, throttlePatienceMs } from './repetition.ts';
import { RequestBrake } from './request-brake.ts';
import { RequestSender, type RequestSenderOptions } from './request-sender.ts';

/** Options of {@link HttpTransport}. */
export interface HttpTransportOptions extends RequestSenderOptions {
  /** Shared by all who share the connection. Default one of its own. */
  readonly brake?: RequestBrake;
  /** The longest that a 429 holds requests back. 0 is for who repeats by himself. Default: what the server asks, within reason. */
  readonly maxHoldMs?: number;
  /** How long a request puts up with 429 and is repeated. 0: it fails with the first. Default two minutes. */
  readonly throttlePatienceMs?: number;
  /** Lets so many requests through at once; watches pass it by. Default any number. */
  readonly gate?: RequestGate;
}

/** Has a request sent when its turn comes: a p-limit is one. */
export type RequestGate = <T>(send: () => Promise<T>) => Promise<T>;

/** Sends requests over one {@link Connection}. Safe to share. */
export class HttpTransport {
  readonly connection: Connection;
  readonly #options: HttpTransportOptions;
  readonly #sender: RequestSender;
  readonly #clock: Clock;
  readonly #brake: RequestBrake;
  readonly #throttlePatienceMs: number;

  constructor(connection: Connection, options: HttpTransportOptions) {
    this.connection = connection;
    this.#options = options;
    this.#sender = new RequestSender(connection, options);
    this.#clock = options.clock ?? systemClock;
    this.#brake = options.brake ?? new RequestBrake(this.#clock);
    this.#throttlePatienceMs = options.throttlePatienceMs ?? throttlePatienceMs;
  }

  /** Milliseconds for which requests are held back after a 429; 0 when they are not. */
  get heldBackMs(): number {
    return this.#brake.remainingMs;
  }

  /** The same connection, acting as another user. */
  impersonating(user: string): HttpTransport {
    return new HttpTransport(this.connection, { ...this.#options, brake: this.#brake, impersonate: user });
  }

  /** The same connection, where every write asks first: whoever was asked before, and then this one too. */
  fencedBy(guard: () => void): HttpTransport {
    const beforeWrite = inTurn(this.#options.beforeWrite, guard);
    return new HttpTransport(this.connection, { ...this.#options, brake: this.#brake, beforeWrite });
  }

  /** The same connection and brake, where a 429 is told to the caller at once: for who asks again once for many. */
  impatient(): HttpTransport {
    return new HttpTransport(this.connection, { ...this.#options, brake: this.#brake, throttlePatienceMs: 0 });
  }

  /** The same connection and brake, where requests are let through by the gate: they and what is derived from it share it. */
  through(gate: RequestGate): HttpTransport {
    return new HttpTransport(this.connection, { ...this.#options, brake: this.#brake, gate });
  }

  /**
   * The same connection with a brake of its own and no gate, neither held back by a 429 to others nor holding them back: for a Lease,
   * which does not survive waiting, and for Events, which nobody else is to wait for.
   */
  apart(options: Pick<HttpTransportOptions, 'maxHoldMs'> = {}): HttpTransport {
    const { gate: _gate, ...rest } = this.#options;
    return new HttpTransport(this.connection, { ...rest, ...options, brake: new RequestBrake(this.#clock) });
  }

  /**
   * Sends and parses the JSON answer.
   * 429 is repeated after `Retry-After` for every method (the server did nothing), for up to two minutes, and holds back
   * all requests over this connection meanwhile. 5xx, time-outs and lost connections are repeated only where the request
   * is idempotent or was never sent, in at most five attempts. @throws ApiError
   */
  async json<T>(apiRequest: ApiRequest): Promise<T> {
    const startedMs = this.#clock.monotonic();
    const { gate = sendAtOnce } = this.#options;
    for (let failures = 0; ; ) {
      try {
        return await gate(async () => {
          apiRequest.signal?.throwIfAborted(); // it may have waited long
          await this.#brake.pass(apiRequest.signal); // and others may have been told to wait meanwhile
          const answer = await this.#send(apiRequest, { bodyTimeoutMs: apiRequest.timeoutMs ?? defaultTimeoutMs });
          return readJson<T>(apiRequest, answer);
        });
      } catch (error) {
        this.#noticeSilence(error);
        apiRequest.signal?.throwIfAborted();
        if (!(error instanceof ApiError) || apiRequest.isRepeated === false) throw error;
        if (error.code === 'API_TOO_MANY_REQUESTS') {
          if (this.#clock.monotonic() - startedMs >= this.#throttlePatienceMs) throw error;
          continue; // the brake is on
        }
        failures += 1;
        const waitMs = repetitionMs(apiRequest, { error, failures, random: Math.random() });
        if (waitMs === undefined) throw error;
        await this.#clock.sleep(waitMs, apiRequest.signal);
      }
    }
  }

  /** Sends once and gives the body as a stream of bytes, without any limit on its duration; for watches. */
  async stream(apiRequest: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    await this.#brake.pass(apiRequest.signal);
    try {
      const answer = await this.#send(apiRequest, { bodyTimeoutMs: 0 });
      return answer.body;
    } catch (error) {
      this.#noticeSilence(error);
      throw error;
    }
  }

  /**
   * A request that was sent and never answered, be the limit ours or the caller's own: the server is slow, or the network
   * has forgotten the socket. The others of the pool may be as dead, and each would cost its request as much.
   */
  #noticeSilence(error: unknown): void {
    if (isApiError(error, 'API_TIMEOUT') && !error.isUnsent) this.connection.renewSockets();
  }

  async #send(apiRequest: ApiRequest, options: { readonly bodyTimeoutMs: number }): Promise<ApiAnswer> {
    const answer = await this.#sender.send(apiRequest, options);
    if (answer.statusCode < 400) return answer;
    const error = await readError(apiRequest, answer);
    if (error.code === 'API_TOO_MANY_REQUESTS') {
      this.#brake.hold(Math.min(boundedThrottleMs(error.retryAfterMs), this.#options.maxHoldMs ?? Infinity));
    }
    throw error;
  }
}

const sendAtOnce: RequestGate = (send) => send();

// The pace of a run: where the API server tells one to wait, nothing more is started, and one asks again for all (P6).
import { isApiError } from '../../kube/errors.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { withinTime } from '../../lib/within-time.ts';

/** What a pace is made with. */
export interface PaceOptions {
  readonly clock: Clock;
  /** Milliseconds for which the connection holds requests back, whoever on it was told to wait. */
  readonly heldBackMs: () => number;
  /** In [0, 1). Default Math.random. */
  readonly random?: () => number;
  /** Told when all begin to wait, and when they go on. */
  readonly onChange?: ((isPaused: boolean) => void) | undefined;
}

/** How a read is made. */
export interface AskOptions {
  /** Ends the waiting, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long it puts up with being told to wait. Default: any time. */
  readonly patienceMs?: number;
}

/** helm does not say for how long it was asked to wait. */
const helmPause = { baseMs: 2_000, maxMs: 30_000, jitter: 0.2 } as const;

/** One for each run. */
export class Pace {
  readonly #options: PaceOptions;
  readonly #clock: Clock;
  #isPaused = false;
  /** For helm's sake: what the connection was told, it knows itself. */
  #helmUntilMs = 0;
  #helmInRow = 0;
  /** When somebody was told to wait last, and how often. */
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  /** Those who wait come one after another. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /**
   * Reads what has to be known before something is started: at once where the server is content; else when the pause is over,
   * one at a time, until one gets through. A 429 makes all wait, and is asked again; `read` must not repeat it by itself.
   * @throws what `read` throws; `API_TOO_MANY_REQUESTS` where the patience is over
   */
  async ask<T>(read: () => Promise<T>, options: AskOptions = {}): Promise<T> {
    const { signal, patienceMs = Number.POSITIVE_INFINITY } = options;
    const startedMs = this.#clock.monotonic();
    for (;;) {
      const turn = await this.#takeTurn(signal);
      const told = this.#told;
      try {
        return await read();
      } catch (error) {
        if (!isApiError(error, 'API_TOO_MANY_REQUESTS')) throw error;
        this.wasTold();
        if (this.#clock.monotonic() - startedMs >= patienceMs) throw error;
      } finally {
        if (turn.isFirst && told === this.#told) this.#goOn(); // be it with a failure: the server had time for it
        turn.end();
      }
    }
  }

  /** Somebody was told to wait: all do, for as long as the connection knows. */
  wasTold(): void {
    this.#toldAtMs = this.#clock.monotonic();
    this.#told += 1;
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.onChange?.(true);
  }

  /** helm was told to wait, and gave up: all wait, the longer the more often it happens. */
  helmGaveUp(): void {
    if (this.#remainingMs === 0) {
      const random = (this.#options.random ?? Math.random)();
      this.#helmUntilMs = this.#clock.monotonic() + backoffMs(this.#helmInRow, random, helmPause);
      this.#helmInRow += 1;
    }
    this.wasTold();
  }

  /** Whether all wait, or one of them asks whether they need to. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** helm got through. */
  helmWasServed(): void {
    this.#helmInRow = 0;
  }

  /** Whether somebody was told to wait at or after this moment of the monotonic clock. */
  wasToldSince(atMs: number): boolean {
    return this.#toldAtMs >= atMs || this.#options.heldBackMs() > 0;
  }

  get #remainingMs(): number {
    return Math.max(0, this.#helmUntilMs - this.#clock.monotonic(), this.#options.heldBackMs());
  }

  #goOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#options.onChange?.(false);
  }

  /** `isFirst`: whoever has this turn asks for all. */
  async #takeTurn(signal: AbortSignal | undefined): Promise<{ readonly isFirst: boolean; readonly end: () => void }> {
    const free = { isFirst: false, end: () => undefined };
    if (!this.#isPaused && this.#options.heldBackMs() > 0) this.wasTold();
    if (!this.#isPaused) return free;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = before.then(() => promise);
    try {
      await withinTime(before, { signal });
      for (let ms = this.#remainingMs; this.#isPaused && ms > 0; ms = this.#remainingMs) {
        await this.#clock.sleep(ms, signal);
      }
      signal?.throwIfAborted();
      if (this.#isPaused) return { isFirst: true, end: resolve };
    } catch (error) {
      resolve();
      throw error;
    }
    resolve();
    return free;
  }
}

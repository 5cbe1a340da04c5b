// The queue of keys: deduplicated, never two in flight for one key, with delays and per-key backoff.
//
// After client-go's workqueue. A key is waiting, in flight, or both: `add` while it is in flight marks it dirty, and
// `done` puts it back once. So no change is lost and no key is worked on twice at the same time.
import { type BackoffOptions, backoffMs } from '../lib/backoff.ts';
import { type Clock, maxTimerMs } from '../lib/clock.ts';

/** Options of {@link WorkQueue}. */
export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Per-key backoff. Default 500 ms doubling to 5 min. */
  readonly backoff?: BackoffOptions;
  /** In [0, 1). Default Math.random. */
  readonly random?: () => number;
  readonly observe?: (observation: QueueObservation) => void;
}

/** A key was asked for, is to come back after a failure, or was given to a worker. */
export type QueueObservation =
  | { readonly how: 'add' | 'retry' }
  /** From when it could be worked on, in milliseconds. */
  | { readonly how: 'take'; readonly waitedMs: number };

/** Keys to work on. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Since when, in order: a Map keeps the order of insertion. */
  readonly #waiting = new Map<string, number>();
  /** Since when. */
  readonly #inFlight = new Map<string, number>();
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, { readonly dueMs: number; readonly timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #isShutDown = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that could be worked on now. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Keys being worked on. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** How long the key that is worked on longest has been, in milliseconds; 0 where none is. */
  get longestInFlightMs(): number {
    const since = Math.min(...this.#inFlight.values());
    return this.#inFlight.size === 0 ? 0 : this.#options.clock.monotonic() - since;
  }

  /** Asks for `key` to be worked on. Idempotent; a delayed add of the key becomes superfluous and is dropped. */
  add(key: string): void {
    if (this.#isShutDown) return;
    this.#options.observe?.({ how: 'add' });
    this.#cancelDelay(key);
    if (this.#inFlight.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#line(key);
  }

  /** Adds after `delayMs`. An earlier delayed add of the key wins over a later one. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isShutDown) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#options.clock.monotonic() + delayMs;
    const held = this.#delayed.get(key);
    if (held !== undefined && held.dueMs <= dueMs) return;
    this.#cancelDelay(key);
    const timer = setTimeout(() => this.add(key), Math.min(delayMs, maxTimerMs));
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Adds after the key's next backoff. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#options.observe?.({ how: 'retry' });
    const random = (this.#options.random ?? Math.random)();
    this.addAfter(key, backoffMs(failures, random, this.#options.backoff ?? defaultBackoff));
  }

  /** Ends the key's backoff: the next failure starts anew. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key has failed in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined after `shutDown`. Whoever takes a key must call `done`. */
  take(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#hand();
    });
  }

  /** The key is no longer in flight; what was added meanwhile comes back. */
  done(key: string): void {
    this.#inFlight.delete(key);
    if (this.#dirty.delete(key) && !this.#isShutDown) {
      this.#line(key);
    }
  }

  /** Gives no more keys; those in flight finish. */
  shutDown(): void {
    this.#isShutDown = true;
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#waiting.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  /** A key that waits already keeps its place. */
  #line(key: string): void {
    if (!this.#waiting.has(key)) this.#waiting.set(key, this.#options.clock.monotonic());
    this.#hand();
  }

  #hand(): void {
    while (this.#takers.length > 0) {
      const next = this.#waiting.entries().next();
      if (next.done === true) return;
      const [key, sinceMs] = next.value;
      const nowMs = this.#options.clock.monotonic();
      this.#waiting.delete(key);
      this.#inFlight.set(key, nowMs);
      this.#options.observe?.({ how: 'take', waitedMs: nowMs - sinceMs });
      this.#takers.shift()?.(key);
    }
  }

  #cancelDelay(key: string): void {
    const held = this.#delayed.get(key);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#delayed.delete(key);
  }
}

const defaultBackoff: BackoffOptions = { baseMs: 500, maxMs: 300_000 };

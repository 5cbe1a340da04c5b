// Time that passes only when a test says so.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** More timers at one moment are a loop that would take a whole core. */
const maxFired = 1_000;

/** A clock at rest, and what waits for it. */
export class ManualClock implements Clock {
  /** Wall clock minus monotonic clock. */
  wallOffsetMs = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();
  #nowMs = 0;

  now(): number {
    return this.wallOffsetMs + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = { atMs: this.#nowMs + ms, fire: resolve };
    const onAbort = (): void => reject(signal?.reason as Error);
    this.#timers.add(timer);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      this.#timers.delete(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Lets `ms` pass, timer by timer; what each sets going comes to rest before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    let fired = 0;
    await settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      if (next.atMs > this.#nowMs) fired = 0;
      fired += 1;
      if (fired > maxFired) throw new Error('timers go on and on while no time passes');
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#timers.delete(next);
      next.fire();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

/** Until all promises that can settle without time have. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 2; turns += 1) await turn();
}

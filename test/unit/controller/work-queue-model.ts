// What a work queue must do, in the plainest words: lists that are searched, and a clock that is turned by hand.

/** How long a key waits after its nth failure in a row. */
export const modelBackoff = { baseMs: 100, maxMs: 1_000, jitter: 0 } as const;

interface Delayed {
  readonly key: string;
  readonly dueMs: number;
}

/** The queue as a model: the same calls, and what each must lead to. */
export class ModelQueue {
  #nowMs = 0;
  #isShutDown = false;
  #takers = 0;
  #waiting: string[] = [];
  /** In the order in which they were asked for. */
  #delayed: Delayed[] = [];
  readonly #inFlight: string[] = [];
  readonly #askedAgain = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** All that takers were given, in order; undefined: told to go. */
  readonly given: (string | undefined)[] = [];

  get waiting(): readonly string[] {
    return this.#waiting;
  }

  get inFlight(): readonly string[] {
    return this.#inFlight;
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  add(key: string): void {
    if (this.#isShutDown) return;
    this.#delayed = this.#delayed.filter((each) => each.key !== key);
    if (this.#inFlight.includes(key)) this.#askedAgain.add(key);
    else if (!this.#waiting.includes(key)) this.#waiting.push(key);
    this.#give();
  }

  addAfter(key: string, delayMs: number): void {
    const dueMs = this.#nowMs + delayMs;
    if (this.#isShutDown || this.#delayed.some((each) => each.key === key && each.dueMs <= dueMs)) return;
    this.#delayed = [...this.#delayed.filter((each) => each.key !== key), { key, dueMs }];
  }

  addRateLimited(key: string): void {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(modelBackoff.maxMs, modelBackoff.baseMs * 2 ** failures));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  take(): void {
    if (this.#isShutDown) {
      this.given.push(undefined);
      return;
    }
    this.#takers += 1;
    this.#give();
  }

  done(key: string): void {
    const place = this.#inFlight.indexOf(key);
    if (place >= 0) this.#inFlight.splice(place, 1);
    if (!this.#askedAgain.delete(key) || this.#isShutDown) return;
    this.#waiting.push(key);
    this.#give();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#delayed.filter(({ dueMs }) => dueMs <= this.#nowMs).toSorted((a, b) => a.dueMs - b.dueMs);
    for (const { key } of due) this.add(key);
  }

  shutDown(): void {
    this.#isShutDown = true;
    this.#waiting = [];
    this.#delayed = [];
    for (; this.#takers > 0; this.#takers -= 1) this.given.push(undefined);
  }

  #give(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#takers > 0; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#takers -= 1;
      this.#inFlight.push(next);
      this.given.push(next);
    }
  }
}

// Work that may be lost: done a little at a time, and refused where too much of it waits.

/** Options of {@link WriteQueue}. */
export interface WriteQueueOptions {
  /** Done at once. */
  readonly width: number;
  /** Waiting besides. */
  readonly maxWaiting: number;
}

/** Runs work in the order in which it came. */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** False where it is refused. What it throws is lost. */
  add(work: () => Promise<void>): boolean {
    const { width, maxWaiting } = this.#options;
    if (this.#running.size >= width && this.#waiting.length >= maxWaiting) return false;
    this.#waiting.push(work);
    this.#fill();
    return true;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #fill(): void {
    while (this.#running.size < this.#options.width) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      const end = (): void => {
        this.#running.delete(running);
        this.#fill();
      };
      const running = work().then(end, end);
      this.#running.add(running);
    }
  }
}

// Work that is under way: told when it begins, so that somebody else can wait for its end.

/** A set of promises that empties itself. */
export class InFlight {
  readonly #works = new Set<Promise<unknown>>();

  /** Counts `work` until it settles, and gives it back. */
  add<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    const forget = (): boolean => this.#works.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when nothing is under way that was at the time of the call. A failure is not reported here. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#works);
  }
}

// How many reflectors may list, or dial a watch, at the same time: each takes a connection of its own, TLS and all.

/** Lets so many in, and the others after them, in the order in which they came. */
export class DialGate {
  readonly #width: number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Resolves when there is room. Call what comes back to leave; again does nothing. @throws the signal's reason */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#inside >= this.#width) await this.#wait(signal);
    else this.#inside += 1;
    let isInside = true;
    return () => {
      if (isInside) this.#leave();
      isInside = false;
    };
  }

  /** Hands the place over to whoever waits longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#inside -= 1;
    else next();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', abort);
        settle();
      };
      const enter = (): void => end(resolve);
      const abort = (): void => end(() => reject(signal.reason as Error));
      signal.addEventListener('abort', abort);
      this.#waiting.add(enter);
    });
  }
}

// Notices a server that has gone silent: a signal that aborts when nothing was heard for too long.

/** A running watchdog. Dispose it, or its timer and its listener stay. */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #parent: AbortSignal;
  #hasFired = false;

  /** @param parent aborts the signal too */
  constructor(silenceMs: number, parent: AbortSignal) {
    this.#parent = parent;
    this.#timer = setTimeout(() => {
      this.#hasFired = true;
      this.#controller.abort(new Error(`silent for ${silenceMs / 1000} s`));
    }, silenceMs);
    this.#timer.unref();
    parent.addEventListener('abort', this.#onAbort, { once: true });
    if (parent.aborted) this.#onAbort(); // no event will say so any more
  }

  /** Aborts on silence, with the parent, and on disposal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether silence was the reason. */
  get hasFired(): boolean {
    return this.#hasFired;
  }

  /** Something was heard. */
  heard(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener('abort', this.#onAbort);
    this.#controller.abort();
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#parent.reason);
}

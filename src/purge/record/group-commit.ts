// Many who wait for the same write: those who come while one is under way share the next (group commit).

/**
 * One writer, whose every write stores all that is known when it begins. `commit` resolves when a write that began after its
 * call has succeeded, and rejects when that one failed; so eight callers at once cost two writes, not eight.
 */
export class GroupCommit {
  readonly #write: () => Promise<void>;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  commit(): Promise<void> {
    this.#next ??= this.#after(this.#current);
    return this.#next;
  }

  /** Resolves when nothing is under way or asked for; never rejects. */
  async idle(): Promise<void> {
    for (let last = this.#next ?? this.#current; last !== undefined; last = this.#next ?? this.#current) {
      await last.catch(() => undefined);
    }
  }

  async #after(before: Promise<void> | undefined): Promise<void> {
    // whoever asks in the same turn shares it, even where nothing is under way
    await before?.catch(() => undefined);
    this.#current = this.#next;
    this.#next = undefined;
    try {
      await this.#write();
    } finally {
      if (this.#next === undefined) this.#current = undefined;
    }
  }
}

// The first look of a term: when has each resource that was there at its beginning been decided on once?

/** Counts down, and tells the end once. */
export class FirstLook {
  readonly #left: Set<string>;
  readonly #onDone: (resources: number) => void;
  readonly #resources: number;

  /** With no keys at all the end is told at once. */
  constructor(keys: Iterable<string>, onDone: (resources: number) => void) {
    this.#left = new Set(keys);
    this.#resources = this.#left.size;
    this.#onDone = onDone;
    if (this.#resources === 0) onDone(0);
  }

  /** The key was looked at, however that ended. */
  seen(key: string): void {
    if (this.#left.delete(key) && this.#left.size === 0) this.#onDone(this.#resources);
  }
}

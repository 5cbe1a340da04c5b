// The order of a run: oldest first, namespaces taking turns, never more of one namespace at once than allowed (P6).

/** What the order is made from. */
export interface QueueItem {
  readonly namespace: string;
  readonly name: string;
  /** Unknown counts as youngest. */
  readonly ageMs?: number;
}

/**
 * The order in which items come up: in rounds, the n-th round holding the n-th oldest of each namespace, each round
 * oldest first. So a namespace with many releases does not keep the others waiting.
 */
export function fairOrder<Item extends QueueItem>(items: readonly Item[]): readonly Item[] {
  const byAge = items.toSorted((a, b) => (b.ageMs ?? -1) - (a.ageMs ?? -1) || compare(key(a), key(b)));
  const taken = new Map<string, number>();
  const rounds: Item[][] = [];
  for (const item of byAge) {
    const round = taken.get(item.namespace) ?? 0;
    taken.set(item.namespace, round + 1);
    const members = rounds[round];
    if (members === undefined) rounds[round] = [item];
    else members.push(item);
  }
  return rounds.flat();
}

/** Hands out items to as many workers as ask, as long as their namespace has room. */
export class FairQueue<Item extends QueueItem> {
  readonly #waiting: Item[];
  readonly #perNamespace: number;
  readonly #running = new Map<string, number>();
  readonly #dropped = new Set<string>();
  #isClosed = false;
  #wake: (() => void)[] = [];

  constructor(items: readonly Item[], options: { readonly perNamespace: number }) {
    this.#waiting = [...fairOrder(items)];
    this.#perNamespace = options.perNamespace;
  }

  /** The items that nobody has taken. */
  get rest(): readonly Item[] {
    return this.#waiting;
  }

  /** Hands out nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#wakeAll();
  }

  /** Hands out nothing more of a namespace. */
  drop(namespace: string): void {
    this.#dropped.add(namespace);
    this.#wakeAll();
  }

  /** The items in turn, each as soon as its namespace has room; ends when all that may go are taken or the queue is closed. */
  async *take(): AsyncGenerator<Item, void, undefined> {
    while (!this.#isClosed && this.#waiting.some((item) => this.#mayGo(item))) {
      const index = this.#waiting.findIndex((item) => this.#mayGo(item) && this.#hasRoom(item));
      const [item] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (item === undefined) {
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      this.#running.set(item.namespace, this.#runningIn(item.namespace) + 1);
      yield item;
    }
  }

  /** Gives the item's place in its namespace back. */
  release(item: Item): void {
    this.#running.set(item.namespace, this.#runningIn(item.namespace) - 1);
    this.#wakeAll();
  }

  #mayGo({ namespace }: Item): boolean {
    return !this.#dropped.has(namespace);
  }

  #hasRoom({ namespace }: Item): boolean {
    return this.#runningIn(namespace) < this.#perNamespace;
  }

  #runningIn(namespace: string): number {
    return this.#running.get(namespace) ?? 0;
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

function key({ namespace, name }: QueueItem): string {
  return `${namespace}/${name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

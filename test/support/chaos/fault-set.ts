// The faults that are active now: added by the test, over by themselves or by hand.
import { type Fault, type FaultKind, isChosen, type SeenRequest } from './fault.ts';

/** A fault that was added. */
export interface ActiveFault {
  /** How often it has struck. */
  readonly hits: number;
  /** Ends it. */
  readonly end: () => void;
}

interface Entry {
  readonly fault: Fault;
  hits: number;
  timer: NodeJS.Timeout | undefined;
}

type OfKind<K extends FaultKind['kind']> = Fault & { readonly kind: K };

/** Faults, asked for by request and kind. */
export class FaultSet {
  readonly #entries = new Set<Entry>();
  /** Called when a fault was added or is over. */
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  add(fault: Fault): ActiveFault {
    const entry: Entry = { fault, hits: 0, timer: undefined };
    if (fault.forMs !== undefined) entry.timer = setTimeout(() => this.#end(entry), fault.forMs);
    this.#entries.add(entry);
    this.#onChange();
    return {
      get hits() {
        return entry.hits;
      },
      end: () => this.#end(entry),
    };
  }

  /** The first fault of this kind that befalls the request; it is not counted as a hit. */
  find<K extends FaultKind['kind']>(request: SeenRequest, kind: K): OfKind<K> | undefined {
    return this.#find(request, kind)?.fault as OfKind<K> | undefined;
  }

  /** As `find`, and a hit: where the fault's count is used up it is over. */
  strike<K extends FaultKind['kind']>(request: SeenRequest, kind: K): OfKind<K> | undefined {
    const entry = this.#find(request, kind);
    if (entry === undefined) return undefined;
    entry.hits += 1;
    if (entry.hits === entry.fault.count) this.#end(entry);
    return entry.fault as OfKind<K>;
  }

  /** Ends all. */
  clear(): void {
    for (const entry of Array.from(this.#entries)) this.#end(entry);
  }

  #find(request: SeenRequest, kind: FaultKind['kind']): Entry | undefined {
    for (const entry of this.#entries) {
      if (entry.fault.kind === kind && isChosen(request, entry.fault.where)) return entry;
    }
    return undefined;
  }

  #end(entry: Entry): void {
    clearTimeout(entry.timer);
    if (this.#entries.delete(entry)) this.#onChange();
  }
}

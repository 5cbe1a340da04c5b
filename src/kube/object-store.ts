// The local copy of a collection: objects by key, found through indexes, never going back in time.
import { type KubeObject, objectKey } from './objects.ts';

/** A change of the local copy. */
export interface StoreChange<T> {
  readonly key: string;
  /** Absent when the object appeared. */
  readonly before: T | undefined;
  /** Absent when the object went. */
  readonly after: T | undefined;
}

/** What readers may do. NEVER change an object that comes out of a store: others hold the same one. */
export interface ReadableStore<T> {
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  readonly size: number;
  /** Objects that the index files under `term`. */
  byIndex(index: string, term: string): readonly T[];
}

/** Files an object under terms, e.g. the release that a record belongs to. */
export type Indexer<T> = (object: T) => readonly string[];

/**
 * Whether version `a` is older than `b`. Resource versions of one collection are decimal and ordered (Kubernetes 1.35
 * made that a promise); what is not decimal is never called older.
 */
export function isOlderVersion(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

/** What a deletion is known by: an older object cannot undo it, and it does not touch a newer one. */
export interface DeletionOptions {
  readonly uid?: string | undefined;
  /** Of the event, or of the list that the object was missing from. */
  readonly resourceVersion: string;
}

/** How many deletions are remembered: they need to outlive a request in flight, no more. */
const maxTombstones = 1_000;

/** Objects of one collection. Written by its reflector, and by {@link ObjectStore.remember} for our own writes. */
export class ObjectStore<T extends KubeObject> implements ReadableStore<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: ReadonlyMap<string, Indexer<T>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  /** Version of the deletion by uid. */
  readonly #tombstones = new Map<string, string>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.#indexers = new Map(Object.entries(indexers));
    for (const name of this.#indexers.keys()) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  byIndex(index: string, term: string): readonly T[] {
    const keys = this.#indexes.get(index)?.get(term) ?? [];
    return [...keys].map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }

  /**
   * Takes in an object. One that is older than what is held (a late event after our own write was remembered) or than its
   * own deletion (the late answer to a write) changes nothing, and undefined comes back.
   */
  set(object: T): StoreChange<T> | undefined {
    const key = objectKey(object.metadata);
    const { uid, resourceVersion } = object.metadata;
    const before = this.#objects.get(key);
    if (before?.metadata.uid === uid && isOlderVersion(resourceVersion, before.metadata.resourceVersion)) {
      return undefined;
    }
    const deletedAt = this.#tombstones.get(uid);
    if (deletedAt === resourceVersion || isOlderVersion(resourceVersion, deletedAt ?? '')) return undefined;
    this.#tombstones.delete(uid); // a label selector lets an object leave and come back
    if (before !== undefined) this.#unindex(key, before);
    this.#objects.set(key, object);
    for (const [name, indexer] of this.#indexers) {
      for (const term of indexer(object)) {
        const terms = this.#indexes.get(name);
        const keys = terms?.get(term);
        if (keys === undefined) terms?.set(term, new Set([key]));
        else keys.add(key);
      }
    }
    return { key, before, after: object };
  }

  /** As client-go's MutationCache: what we just wrote is seen at once, before the watch brings it. */
  remember(object: T): void {
    this.set(object);
  }

  /** Takes an object out: whatever is held, or only what is not newer than the deletion. */
  delete(key: string, deletion?: DeletionOptions): StoreChange<T> | undefined {
    const before = this.#objects.get(key);
    if (deletion !== undefined) {
      const { uid = before?.metadata.uid, resourceVersion } = deletion;
      if (before !== undefined && isOlderVersion(resourceVersion, before.metadata.resourceVersion)) return undefined;
      if (uid !== undefined) this.#bury(uid, resourceVersion);
    }
    if (before === undefined) return undefined;
    this.#unindex(key, before);
    this.#objects.delete(key);
    return { key, before, after: undefined };
  }

  #bury(uid: string, resourceVersion: string): void {
    this.#tombstones.delete(uid);
    this.#tombstones.set(uid, resourceVersion);
    const oldest = this.#tombstones.keys().next().value;
    if (this.#tombstones.size > maxTombstones && oldest !== undefined) this.#tombstones.delete(oldest);
  }

  #unindex(key: string, object: T): void {
    for (const [name, indexer] of this.#indexers) {
      for (const term of indexer(object)) {
        const terms = this.#indexes.get(name);
        const keys = terms?.get(term);
        keys?.delete(key);
        if (keys?.size === 0) terms?.delete(term);
      }
    }
  }
}

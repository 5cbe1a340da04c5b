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

/** How an object is taken in. */
export interface SetOptions {
  /**
   * The API server's history began anew (etcd was restored): versions from before mean nothing, and the object replaces
   * whatever is held, even what looks the same. Default false.
   */
  readonly isHistoryNew?: boolean;
}

/** How many deletions are remembered: they need to outlive a request in flight, no more. */
const maxTombstones = 1_000;

/**
 * Objects of one collection. Written by its reflector, whose changes are told to whoever follows the collection, and by
 * readers who know better: {@link ObjectStore.remember} and {@link ObjectStore.forget}. What a reader did is told when the
 * reflector learns of it, once; what changes nothing is not told at all.
 */
export class ObjectStore<T extends KubeObject> implements ReadableStore<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  /** Version of the deletion by uid. */
  readonly #tombstones = new Map<string, string>();
  /** Where a reader changed something: the object that was told last. */
  readonly #untold = new Map<string, T | undefined>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    for (const [name, indexer] of Object.entries(indexers)) this.addIndex(name, indexer);
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
    const keys = this.#indexes.get(index)?.keysByTerm.get(term) ?? [];
    return [...keys].map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }

  /** Files all objects, present and future ones, under the terms of `indexer`. A name that is taken keeps its indexer. */
  addIndex(name: string, indexer: Indexer<T>): void {
    if (this.#indexes.has(name)) return;
    const index = { indexer, keysByTerm: new Map<string, Set<string>>() };
    for (const [key, object] of this.#objects) file(index, { key, terms: indexer(object) });
    this.#indexes.set(name, index);
  }

  /**
   * Takes in an object as the API server sent it. One that is held already, or is older than what is held (a late event
   * after our own write was remembered) or than its own deletion (the late answer to a write) changes nothing, and
   * undefined comes back.
   */
  set(object: T, { isHistoryNew = false }: SetOptions = {}): StoreChange<T> | undefined {
    const key = objectKey(object.metadata);
    const before = this.#objects.get(key);
    const isHeld = !isHistoryNew && before !== undefined && isSameVersion(before, object);
    if (isHeld && !this.#untold.has(key)) return undefined;
    const told = this.#untold.get(key);
    if (!isHistoryNew && this.#isOutdated(key, object)) return undefined;
    this.#put(key, object);
    this.#untold.delete(key);
    return { key, before: isHeld ? told : (before ?? told), after: object };
  }

  /**
   * As client-go's MutationCache: what we just wrote is seen at once, before the watch brings it. As with
   * {@link ObjectStore.set}, it takes no object back to an older version.
   */
  remember(object: T): void {
    const key = objectKey(object.metadata);
    const before = this.#objects.get(key);
    if (before !== undefined && isSameVersion(before, object)) return;
    if (this.#isOutdated(key, object)) return;
    this.#put(key, object);
    if (!this.#untold.has(key)) this.#untold.set(key, before);
  }

  /** A reader found that the object is gone. */
  forget(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    if (!this.#untold.has(key)) this.#untold.set(key, before);
    this.#remove(key, before);
  }

  /** Takes an object out: whatever is held, or only what is not newer than the deletion. */
  delete(key: string, deletion?: DeletionOptions): StoreChange<T> | undefined {
    const held = this.#objects.get(key);
    if (deletion !== undefined) {
      const { uid = held?.metadata.uid, resourceVersion } = deletion;
      if (held !== undefined && isOlderVersion(resourceVersion, held.metadata.resourceVersion)) return undefined;
      if (uid !== undefined) this.#bury(uid, resourceVersion);
    }
    const before = held ?? this.#untold.get(key);
    this.#untold.delete(key);
    if (held !== undefined) this.#remove(key, held);
    return before === undefined ? undefined : { key, before, after: undefined };
  }

  /** The API server's history began anew (etcd was restored): versions from before mean nothing any more. */
  forgetDeletions(): void {
    this.#tombstones.clear();
  }

  /** Whether the object is older than what is known. */
  #isOutdated(key: string, { metadata: { uid, resourceVersion } }: T): boolean {
    const held = this.#objects.get(key);
    if (held !== undefined && isOlderVersion(resourceVersion, held.metadata.resourceVersion)) return true;
    const deletedAt = this.#tombstones.get(uid);
    return deletedAt === resourceVersion || isOlderVersion(resourceVersion, deletedAt ?? '');
  }

  #put(key: string, object: T): void {
    const before = this.#objects.get(key);
    // an indexer that throws leaves everything as it was
    const filings = [...this.#indexes.values()].map((index) => ({ index, terms: index.indexer(object) }));
    this.#tombstones.delete(object.metadata.uid); // a label selector lets an object leave and come back
    if (before !== undefined) this.#unfile(key, before);
    this.#objects.set(key, object);
    for (const { index, terms } of filings) file(index, { key, terms });
  }

  #remove(key: string, object: T): void {
    this.#unfile(key, object);
    this.#objects.delete(key);
  }

  #bury(uid: string, resourceVersion: string): void {
    this.#tombstones.delete(uid);
    this.#tombstones.set(uid, resourceVersion);
    const oldest = this.#tombstones.keys().next().value;
    if (this.#tombstones.size > maxTombstones && oldest !== undefined) this.#tombstones.delete(oldest);
  }

  #unfile(key: string, object: T): void {
    for (const { indexer, keysByTerm } of this.#indexes.values()) {
      for (const term of indexer(object)) {
        const keys = keysByTerm.get(term);
        keys?.delete(key);
        if (keys?.size === 0) keysByTerm.delete(term);
      }
    }
  }
}

interface Index<T> {
  readonly indexer: Indexer<T>;
  readonly keysByTerm: Map<string, Set<string>>;
}

function file(index: Index<never>, entry: { readonly key: string; readonly terms: readonly string[] }): void {
  for (const term of entry.terms) {
    const keys = index.keysByTerm.get(term);
    if (keys === undefined) index.keysByTerm.set(term, new Set([entry.key]));
    else keys.add(entry.key);
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}

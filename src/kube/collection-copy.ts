// The local copy of one collection: takes in what lists and events show, and tells of each change, in order.
import { isOlderVersion, type ObjectStore, type StoreChange } from './object-store.ts';
import { type KubeList, type KubeObject, objectKey } from './objects.ts';

/** What a copy is kept in, and who is told. */
export interface CollectionCopyOptions<T extends KubeObject> {
  /** Absent: all namespaces. Copies of several namespaces may share a store. */
  readonly namespace?: string | undefined;
  /** Strips what nobody reads before it is stored. An object that it throws for is left out, and `onError` told. */
  readonly strip?: (object: T) => T;
  readonly store: ObjectStore<T>;
  /**
   * Called for each change, in order, after the store has it. A change is about one object: where a successor of the
   * same name took its place, its end and the successor's beginning are two. What it throws goes to `onError`.
   */
  readonly onChange?: (change: StoreChange<T>) => void;
  /** Called with what `strip` and `onChange` throw; what it throws itself is lost. */
  readonly onError?: (error: unknown) => void;
}

/** Keeps a store equal to what the server says about a collection; never goes back in time, but where the server does. */
export class CollectionCopy<T extends KubeObject> {
  readonly #options: CollectionCopyOptions<T>;
  /** The newest state of the collection that the server told us of. */
  #newestVersion: string | undefined;

  constructor(options: CollectionCopyOptions<T>) {
    this.#options = options;
  }

  /** Takes in a whole list, whose pages show one state; what it does not show is gone. Comes back with its version. */
  async takeList(pages: AsyncIterable<KubeList<T>>): Promise<string> {
    const present = new Set<string>();
    let version: string | undefined;
    for await (const page of pages) {
      if (version === undefined) this.#noticeRestoredHistory(page.resourceVersion);
      version = page.resourceVersion;
      for (const item of page.items) {
        present.add(objectKey(item.metadata));
        this.take(item);
      }
    }
    const resourceVersion = version ?? '';
    for (const key of this.#ownKeys()) if (!present.has(key)) this.remove(key, { resourceVersion });
    this.#newestVersion = resourceVersion;
    return resourceVersion;
  }

  /** Takes in an object that is there. */
  take(object: T): void {
    const { strip, store } = this.#options;
    this.tell(() => {
      const { uid, resourceVersion } = object.metadata;
      const key = objectKey(object.metadata);
      const held = store.get(key);
      if (held !== undefined && held.metadata.uid !== uid) {
        this.remove(key, { uid: held.metadata.uid, resourceVersion });
      }
      this.#report(store.set(strip?.(object) ?? object));
    });
  }

  /** Takes out an object: see {@link ObjectStore.delete}. */
  remove(...[key, deletion]: Parameters<ObjectStore<T>['delete']>): void {
    this.#report(this.#options.store.delete(key, deletion));
  }

  /** The server told of a newer state of the collection. */
  advance(resourceVersion: string): void {
    this.#newestVersion = resourceVersion;
  }

  /** Calls somebody else's code: what it throws is no fault of the server, and must end nothing. */
  tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.complain(error);
    }
  }

  /** Tells of a failure. */
  complain(error: unknown): void {
    try {
      this.#options.onError?.(error);
    } catch {
      // nobody is left to be told
    }
  }

  /** Consistent reads never go back. Where one does, etcd was restored, and no version of before means anything. */
  #noticeRestoredHistory(resourceVersion: string): void {
    if (this.#newestVersion === undefined || !isOlderVersion(resourceVersion, this.#newestVersion)) return;
    this.#options.store.forgetDeletions();
    for (const key of this.#ownKeys()) this.remove(key);
  }

  /** Where copies of several namespaces share the store, only our own namespace's objects can be found missing. */
  #ownKeys(): string[] {
    const { store, namespace } = this.#options;
    return [...store.keys()].filter((key) => namespace === undefined || key.startsWith(`${namespace}/`));
  }

  #report(change: StoreChange<T> | undefined): void {
    if (change !== undefined) this.tell(() => this.#options.onChange?.(change));
  }
}

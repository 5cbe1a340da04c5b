// The local copy of one collection: takes in what lists and events show, and tells of each change, in order.
import { isOlderVersion, type ObjectStore, type SetOptions, type StoreChange } from './object-store.ts';
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

  /**
   * Takes in a whole list, whose pages show one state; what it does not show is gone. Comes back with its version.
   * Consistent reads never go back. Where one does, etcd was restored, no version of before means anything, and the list
   * is held back until it is complete: it may yet fail, and half of it says nothing about the other half.
   */
  async takeList(pages: AsyncIterable<KubeList<T>>): Promise<string> {
    const present = new Set<string>();
    const heldBack: T[] = [];
    let resourceVersion = '';
    let isHistoryNew: boolean | undefined;
    for await (const page of pages) {
      resourceVersion = page.resourceVersion;
      isHistoryNew ??= isOlderVersion(resourceVersion, this.#newestVersion ?? '');
      for (const item of page.items) {
        present.add(objectKey(item.metadata));
        if (isHistoryNew) heldBack.push(item);
        else this.take(item);
      }
    }
    if (isHistoryNew === true) this.#options.store.forgetDeletions();
    for (const item of heldBack) this.take(item, { isHistoryNew: true });
    const deletion = isHistoryNew === true ? undefined : { resourceVersion };
    for (const key of this.#ownKeys()) if (!present.has(key)) this.remove(key, deletion);
    this.#newestVersion = resourceVersion;
    return resourceVersion;
  }

  /** Takes in an object that is there. */
  take(object: T, options: SetOptions = {}): void {
    const { strip, store } = this.#options;
    this.tell(() => {
      const { uid, resourceVersion } = object.metadata;
      const key = objectKey(object.metadata);
      const held = store.get(key)?.metadata;
      if (held !== undefined && held.uid !== uid) {
        this.remove(key, options.isHistoryNew === true ? undefined : { uid: held.uid, resourceVersion });
      }
      this.#report(store.set(strip?.(object) ?? object, options));
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

  /** Where copies of several namespaces share the store, only our own namespace's objects can be found missing. */
  #ownKeys(): string[] {
    const { store, namespace } = this.#options;
    return [...store.keys()].filter((key) => namespace === undefined || key.startsWith(`${namespace}/`));
  }

  #report(change: StoreChange<T> | undefined): void {
    if (change !== undefined) this.tell(() => this.#options.onChange?.(change));
  }
}

// One collection followed by several: its reflectors, their store, and the fan-out of changes.
import type { Clock } from '../lib/clock.ts';
import type { DialGate } from './dial-gate.ts';
import { ObjectStore, type StoreChange } from './object-store.ts';
import { type KubeObject, objectKey } from './objects.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import type { Resource } from './resource.ts';

/** What is followed. Those who ask for the same, with the same `strip` function, share one watch. */
export interface WatchTarget<T extends KubeObject> {
  readonly resource: Resource;
  /** Default: all namespaces, as is a list with `undefined` in it. A cluster-scoped kind has none. */
  readonly namespaces?: readonly (string | undefined)[];
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only metadata travels and is kept. Default false. */
  readonly isMetadataOnly?: boolean;
  /** See {@link ReflectorOptions.strip}. A function that is made anew for each asker shares nothing. */
  readonly strip?: (object: T) => T;
}

/** Who follows. What `onChange` throws goes to `onError`; what that throws is lost; neither ends anything. */
export interface Follower<T extends KubeObject> {
  /**
   * Called for each object that is there, as one that appeared, and then for each change, in order. Never before
   * `follow` has returned.
   */
  readonly onChange?: (change: StoreChange<T>) => void;
  /** Called for each failed attempt; the watch goes on by itself. */
  readonly onError?: (error: unknown) => void;
}

/** What a shared watch needs besides its target. */
export interface SharedWatchOptions {
  readonly client: ReflectorOptions<KubeObject>['client'];
  readonly clock: Clock;
  /** Shared by all reflectors of a hub. */
  readonly gate: DialGate;
  readonly watchdogMs: number;
  readonly onDial: (verb: 'list' | 'watch') => void;
  readonly onError: (error: unknown) => void;
}

interface Share<T extends KubeObject> {
  readonly follower: Follower<T>;
  /** Whether it was told of what is there. */
  isCaughtUp: boolean;
}

/** A reflector of one namespace, or of all. */
export interface ScopedReflector<T extends KubeObject> {
  readonly namespace: string | undefined;
  readonly reflector: Reflector<T>;
}

/** The namespaces of a target, each once, in order; `[undefined]` for all and for cluster-scoped kinds. */
export function scopesOf<T extends KubeObject>(target: WatchTarget<T>): readonly (string | undefined)[] {
  const { resource, namespaces = [] } = target;
  const named = namespaces.filter((namespace) => namespace !== undefined);
  const isWide = !resource.isNamespaced || named.length === 0 || named.length < namespaces.length;
  return isWide ? [undefined] : [...new Set(named)].toSorted((a, b) => (a < b ? -1 : 1));
}

/** The watch behind all shares of one target. */
export class SharedWatch<T extends KubeObject> {
  readonly target: WatchTarget<T>;
  readonly store = new ObjectStore<T>();
  readonly reflectors: readonly ScopedReflector<T>[];
  /** Resolves when every namespace has been listed once. */
  readonly synced: Promise<void>;
  readonly #shares = new Set<Share<T>>();
  readonly #stop = new AbortController();

  constructor(target: WatchTarget<T>, options: SharedWatchOptions) {
    const { namespaces: _namespaces, ...collection } = target;
    this.target = target;
    this.reflectors = scopesOf(target).map((namespace) => {
      const reflector = new Reflector<T>({
        ...options,
        ...collection,
        namespace,
        store: this.store,
        onChange: (change) => {
          for (const share of this.#shares) if (share.isCaughtUp) tell(share, change);
        },
        onError: (error) => {
          options.onError(error);
          for (const share of this.#shares) complain(share, error);
        },
      });
      return { namespace, reflector };
    });
    this.synced = Promise.all(this.reflectors.map(({ reflector }) => reflector.synced)).then(() => undefined);
  }

  get hasSynced(): boolean {
    return this.reflectors.every(({ reflector }) => reflector.hasSynced);
  }

  /** Objects held of a namespace; undefined: of all. */
  objectsIn(namespace: string | undefined): number {
    if (namespace === undefined) return this.store.size;
    let count = 0;
    for (const key of this.store.keys()) if (key.startsWith(`${namespace}/`)) count += 1;
    return count;
  }

  /** Runs until the signal aborts or the last share is given back. */
  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    await Promise.all(this.reflectors.map(({ reflector }) => reflector.run(either)));
  }

  /** Lets somebody follow; gives back how to stop that. */
  add(follower: Follower<T>): { readonly stop: () => void } {
    const share: Share<T> = { follower, isCaughtUp: false };
    this.#shares.add(share);
    queueMicrotask(() => this.#catchUp(share));
    return {
      stop: () => {
        this.#shares.delete(share);
        if (this.isUnused) this.#stop.abort();
      },
    };
  }

  /** Whether the last share was given back: such a watch has ended and begins no more. */
  get isUnused(): boolean {
    return this.#shares.size === 0;
  }

  /** Nothing can change meanwhile: reflectors write in turns of their own. */
  #catchUp(share: Share<T>): void {
    share.isCaughtUp = true;
    for (const after of Array.from(this.store.values())) {
      if (!this.#shares.has(share)) return;
      tell(share, { key: objectKey(after.metadata), before: undefined, after });
    }
  }
}

function tell<T extends KubeObject>(share: Share<T>, change: StoreChange<T>): void {
  try {
    share.follower.onChange?.(change);
  } catch (error) {
    complain(share, error);
  }
}

function complain<T extends KubeObject>(share: Share<T>, error: unknown): void {
  try {
    share.follower.onError?.(error);
  } catch {
    // nobody is left to be told
  }
}

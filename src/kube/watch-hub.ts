// One watch per kind and scope, shared by all who ask: they have its objects from the first moment, and each change once.
import { type Clock, systemClock } from '../lib/clock.ts';
import { DialGate } from './dial-gate.ts';
import type { ObjectStore } from './object-store.ts';
import type { KubeObject } from './objects.ts';
import { defaultWatchdogMs, type ReflectorOptions } from './reflector.ts';
import type { Resource } from './resource.ts';
import { type Follower, type ScopedReflector, SharedWatch, scopesOf, type WatchTarget } from './shared-watch.ts';

/** A share in a watch. */
export interface Following<T extends KubeObject> {
  /** Shared: read it, add indexes to it, and `remember` or `forget` what you know better. */
  readonly store: ObjectStore<T>;
  readonly hasSynced: boolean;
  /** Resolves when every namespace has been listed once; never where the watch ends before. */
  readonly synced: Promise<void>;
  /** See {@link WatchStatus.isFresh}: whether the store is to be believed about a namespace. Absent: about all. */
  readonly isFresh: (namespace?: string) => boolean;
  /** Gives this share back; the watch ends with its last one. */
  readonly stop: () => void;
}

/** How a watch of one namespace, or of all, is: for probes and metrics. */
export interface WatchStatus {
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  /** Objects held, of this namespace where the watch is split; counted when it is read. */
  readonly objects: number;
  readonly hasSynced: boolean;
  /** Milliseconds since the server was last heard on it; undefined before the first list. */
  readonly silentMs: number | undefined;
  /** Synced, and heard not longer ago than the watchdog allows, and half a minute for dialling. */
  readonly isFresh: boolean;
}

/** Something that happened to a watch, for metrics and the log. */
export type WatchObservation =
  | { readonly kind: 'dialled'; readonly resource: Resource; readonly verb: 'list' | 'watch' }
  | { readonly kind: 'failed'; readonly resource: Resource; readonly error: unknown };

/** Options of {@link WatchHub}. */
export interface WatchHubOptions {
  readonly client: ReflectorOptions<KubeObject>['client'];
  /** Ends all watches. */
  readonly signal: AbortSignal;
  readonly observe?: (observation: WatchObservation) => void;
  readonly clock?: Clock;
  /** See {@link ReflectorOptions.watchdogMs}. */
  readonly watchdogMs?: number;
}

/**
 * Watches that list or are dialled at the same time. Each watch has a connection of its own (HTTP/1.1), and one that lists
 * holds a page besides: where there is a watch per namespace and kind, hundreds would begin together.
 */
export const maxDialling = 32;

/** How long dialling and the waits before it may take until a watch that was silent is no longer called fresh. */
const dialMs = 30_000;

/**
 * Starts a watch when it is first asked for, and ends it when nobody needs it any more.
 *
 * ```ts
 * const hub = new WatchHub({ client, signal });
 * const records = hub.follow(
 *   { resource: CoreResources.secrets, namespaces, labelSelector: 'owner=helm', isMetadataOnly: true, strip: stripRecord },
 *   { onChange: ({ before, after }) => queue.add(keyOf(after ?? before)), onError: (error) => log.warn('…') },
 * );
 * records.store.addIndex('release', releaseOf);
 * await records.synced; // the store has held a whole list
 * hub.watches().every(({ isFresh }) => isFresh); // for a probe
 * records.stop(); // or abort the hub's signal, which ends everything
 * await hub.stopped();
 * ```
 */
export class WatchHub {
  readonly #options: WatchHubOptions;
  readonly #clock: Clock;
  readonly #watchdogMs: number;
  readonly #gate = new DialGate(maxDialling);
  readonly #watches = new Set<SharedWatch<never>>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: WatchHubOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#watchdogMs = options.watchdogMs ?? defaultWatchdogMs;
  }

  /** Takes a share in the watch of `target`, which is started where nobody has one yet. */
  follow<T extends KubeObject>(target: WatchTarget<T>, follower: Follower<T> = {}): Following<T> {
    const watch = this.#find(target) ?? this.#start(target);
    const share = watch.add(follower);
    return {
      store: watch.store,
      get hasSynced() {
        return watch.hasSynced;
      },
      synced: watch.synced,
      isFresh: (namespace) =>
        this.#statusesOf(watch as unknown as SharedWatch<never>)
          .filter((status) => namespace === undefined || [undefined, namespace].includes(status.namespace))
          .every((status) => status.isFresh),
      stop: () => {
        share.stop();
        if (watch.isUnused) this.#watches.delete(watch as unknown as SharedWatch<never>);
      },
    };
  }

  /** All watches; one that is split by namespace gives an entry for each. */
  watches(): readonly WatchStatus[] {
    return [...this.#watches].flatMap((watch) => this.#statusesOf(watch));
  }

  /** Resolves when every watch has ended. */
  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  #statusesOf(watch: SharedWatch<never>): readonly WatchStatus[] {
    const nowMs = this.#clock.monotonic();
    return watch.reflectors.map((scoped) => this.#statusOf(watch, { scoped, nowMs }));
  }

  #statusOf(
    watch: SharedWatch<never>,
    { scoped, nowMs }: { readonly scoped: ScopedReflector<never>; readonly nowMs: number },
  ): WatchStatus {
    const { hasSynced, lastHeardMs } = scoped.reflector;
    const silentMs = lastHeardMs === undefined ? undefined : nowMs - lastHeardMs;
    return {
      resource: watch.target.resource,
      namespace: scoped.namespace,
      labelSelector: watch.target.labelSelector,
      get objects() {
        return watch.objectsIn(scoped.namespace);
      },
      hasSynced,
      silentMs,
      isFresh: hasSynced && silentMs !== undefined && silentMs <= this.#watchdogMs + dialMs,
    };
  }

  #find<T extends KubeObject>(target: WatchTarget<T>): SharedWatch<T> | undefined {
    const key = keyOf(target);
    for (const watch of this.#watches) {
      // who brings the same function that makes the objects knows what they are
      if (keyOf(watch.target) === key && watch.target.strip === (target.strip as unknown)) {
        return watch as unknown as SharedWatch<T>;
      }
    }
    return undefined;
  }

  #start<T extends KubeObject>(target: WatchTarget<T>): SharedWatch<T> {
    const { client, signal, observe } = this.#options;
    const { resource } = target;
    const watch = new SharedWatch<T>(target, {
      client,
      clock: this.#clock,
      gate: this.#gate,
      watchdogMs: this.#watchdogMs,
      onDial: (verb) => observe?.({ kind: 'dialled', resource, verb }),
      onError: (error) => observe?.({ kind: 'failed', resource, error }),
    });
    this.#watches.add(watch as unknown as SharedWatch<never>);
    const running = watch.run(signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return watch;
  }
}

function keyOf<T extends KubeObject>(target: WatchTarget<T>): string {
  const { resource, labelSelector = '', fieldSelector = '', isMetadataOnly = false } = target;
  const { group, version, plural } = resource;
  return JSON.stringify([group, version, plural, scopesOf(target), labelSelector, fieldSelector, isMetadataOnly]);
}

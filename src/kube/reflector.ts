// List, then watch, and again: keeps an ObjectStore equal to a collection of the API server for as long as it runs.
//
// The contract is client-go's: after `hasSynced` the store has once held a whole consistent list; afterwards each change
// arrives in order; what vanished while the watch was down is noticed by the difference to the next list; an error of any
// kind leads to another attempt with backoff (watch-pace.ts), never to an end. Bookmarks keep the version young, so that
// a lost connection seldom costs a list; 410 (too old) always does. A server that is silent for longer than the watchdog
// allows is taken for half-open and dialled again: bookmarks come about every 60 s, so silence is news.
//
// Lists are consistent reads (no resourceVersion; the API server answers them from its watch cache since Kubernetes
// 1.31), where client-go starts with resourceVersion=0: an answer from a server that lags behind would take us back.
import { type Clock, systemClock } from '../lib/clock.ts';
import type { CollectionOptions } from './call-options.ts';
import type { KubeClient } from './client.ts';
import { ApiError, isApiError } from './errors.ts';
import { isOlderVersion, type ObjectStore, type StoreChange } from './object-store.ts';
import { type KubeObject, objectKey } from './objects.ts';
import type { Resource } from './resource.ts';
import { WatchPace } from './watch-pace.ts';
import { Watchdog } from './watchdog.ts';

/** What a reflector follows, and where it puts it. */
export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'pages' | 'watch' | 'renewSockets'>;
  readonly resource: Resource;
  /** Absent: all namespaces. Reflectors of several namespaces may share a store. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only metadata travels and is kept. Default false. */
  readonly isMetadataOnly?: boolean;
  /** Strips what nobody reads before it is stored. An object that it throws for is left out, and `onError` told. */
  readonly strip?: (object: T) => T;
  readonly store: ObjectStore<T>;
  /**
   * Called for each change, in order, after the store has it. A change is about one object: where a successor of the
   * same name took its place, its end and the successor's beginning are two. What it throws goes to `onError`.
   */
  readonly onChange?: (change: StoreChange<T>) => void;
  /** Called for each failed attempt; the reflector goes on by itself. */
  readonly onError?: (error: unknown) => void;
  /** Called for each list and watch that is asked for. */
  readonly onDial?: (verb: 'list' | 'watch') => void;
  readonly clock?: Clock;
  /** A number in [0, 1) for jitter. Default Math.random. */
  readonly random?: () => number;
  /** Objects per page of a list. Default 500. */
  readonly pageSize?: number;
  /** Silence after which the server is dialled again, in milliseconds. Default 120,000; below 90,000 loaded machines trip. */
  readonly watchdogMs?: number;
}

/** Default of {@link ReflectorOptions.watchdogMs}. */
export const defaultWatchdogMs = 120_000;

/** Answers that say nothing about the version that we hold: the watch goes on from it. All others cost a list. */
const versionKeepers = [
  'API_UNREACHABLE',
  'API_TIMEOUT',
  'API_TOO_MANY_REQUESTS',
  'API_UNAUTHORIZED',
  'API_FORBIDDEN',
] as const;

/** Keeps one store equal to one collection. */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #collection: CollectionOptions;
  readonly #watchdogMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  /** Where the next watch goes on; undefined where only a list can tell. */
  #resourceVersion: string | undefined;
  /** The newest state of the collection that the server told us of. */
  #newestVersion: string | undefined;
  #hasTokenExpired = false;
  #lastHeardMs: number | undefined;
  #watchSinceMs: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    const { namespace, labelSelector, fieldSelector, isMetadataOnly = false } = options;
    this.#options = options;
    this.#collection = { namespace, labelSelector, fieldSelector, isMetadataOnly };
    this.#watchdogMs = options.watchdogMs ?? defaultWatchdogMs;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Whether a whole list has been taken in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** When the server was last heard (list, event or bookmark), on the monotonic clock; undefined before the first list. */
  get lastHeardMs(): number | undefined {
    return this.#lastHeardMs;
  }

  /** Resolves at the first sync. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Runs until the signal aborts; then returns. */
  async run(signal: AbortSignal): Promise<void> {
    const pace = new WatchPace();
    while (!signal.aborted) {
      const error = await this.#attempt(signal);
      if (signal.aborted) return;
      if (error !== undefined) this.#complain(error);
      const stoodMs = this.#watchSinceMs === undefined ? 0 : this.#clock.monotonic() - this.#watchSinceMs;
      // what the watchdog ended took its time already
      const waitMs = error instanceof SilenceError ? 0 : pace.waitAfter({ error, stoodMs }, this.#random());
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** A list where one is needed, and a watch. Comes back with what ended it; undefined where the server closed the watch. */
  async #attempt(signal: AbortSignal): Promise<unknown> {
    this.#watchSinceMs = undefined;
    using watchdog = new Watchdog(this.#watchdogMs, signal);
    try {
      this.#resourceVersion ??= await this.#list(watchdog);
      await this.#watch(this.#resourceVersion, watchdog);
      return undefined;
    } catch (error) {
      if (watchdog.hasFired) this.#options.client.renewSockets(); // a silent dial is the transport's to notice
      return watchdog.hasFired ? new SilenceError(this.#options.resource, this.#watchdogMs) : error;
    }
  }

  /**
   * A whole list, in pages that show one state. Where their token expires (the server keeps a state for some five minutes)
   * the next attempt asks for everything at once, as client-go's pager does: it could expire each time.
   */
  async #list(watchdog: Watchdog): Promise<string> {
    const { client, resource, onDial, pageSize } = this.#options;
    const present = new Set<string>();
    let resourceVersion: string | undefined;
    this.#tell(() => onDial?.('list'));
    const pages = client.pages<T>(resource, {
      ...this.#collection,
      ...(this.#hasTokenExpired ? { pageSize: 0 } : pageSize === undefined ? {} : { pageSize }),
      isRepeated: false, // our own pace, and no other's
      signal: watchdog.signal,
    });
    try {
      for await (const page of pages) {
        watchdog.heard();
        if (resourceVersion === undefined) this.#noticeRestoredHistory(page.resourceVersion);
        resourceVersion = page.resourceVersion;
        for (const item of page.items) {
          present.add(objectKey(item.metadata));
          this.#take(item);
        }
      }
    } catch (error) {
      this.#hasTokenExpired ||= isApiError(error, 'API_GONE');
      throw error;
    }
    this.#hasTokenExpired = false;
    const version = resourceVersion ?? '';
    for (const key of this.#ownKeys()) if (!present.has(key)) this.#remove(key, { resourceVersion: version });
    this.#newestVersion = version;
    this.#heard();
    this.#hasSynced = true;
    this.#synced.resolve();
    return version;
  }

  /** Consistent reads never go back. Where one does, etcd was restored, and no version of before means anything. */
  #noticeRestoredHistory(resourceVersion: string): void {
    if (this.#newestVersion === undefined || !isOlderVersion(resourceVersion, this.#newestVersion)) return;
    this.#options.store.forgetDeletions();
    for (const key of this.#ownKeys()) this.#remove(key);
  }

  /** Where reflectors of several namespaces share the store, only our own namespace's objects can be found missing. */
  #ownKeys(): string[] {
    const { store, namespace } = this.#options;
    return [...store.keys()].filter((key) => namespace === undefined || key.startsWith(`${namespace}/`));
  }

  async #watch(resourceVersion: string, watchdog: Watchdog): Promise<void> {
    const { client, resource, onDial } = this.#options;
    let isSilent = true;
    this.#tell(() => onDial?.('watch'));
    try {
      const events = await client.watch<T>(resource, {
        ...this.#collection,
        resourceVersion,
        // client-go's: five to ten minutes, spread so that watches do not all end together
        timeoutSeconds: Math.round(300 * (1 + this.#random())),
        signal: watchdog.signal,
      });
      watchdog.heard();
      this.#heard();
      this.#watchSinceMs = this.#clock.monotonic();
      for await (const event of events) {
        isSilent = false;
        watchdog.heard();
        this.#heard();
        const { metadata } = event.object;
        if (event.type === 'DELETED') this.#remove(objectKey(metadata), metadata);
        else if (event.type !== 'BOOKMARK') this.#take(event.object);
        this.#advance(metadata.resourceVersion);
      }
    } catch (error) {
      // a watch that never says anything, not even a bookmark, may wait for a version that will never come
      const isKept = watchdog.hasFired ? !isSilent : this.#isDialFailure(error) || isApiError(error, ...versionKeepers);
      if (!isKept) this.#resourceVersion = undefined;
      throw error;
    }
  }

  /** 5xx to the dial is trouble of the server; within a watch it is an end of this watch's history. */
  #isDialFailure(error: unknown): boolean {
    return this.#watchSinceMs === undefined && isApiError(error, 'API_SERVER_ERROR');
  }

  /** Events that come twice, or a bookmark out of order, take us nowhere back. */
  #advance(resourceVersion: string): void {
    if (this.#resourceVersion === undefined || isOlderVersion(resourceVersion, this.#resourceVersion)) return;
    this.#resourceVersion = resourceVersion;
    this.#newestVersion = resourceVersion;
  }

  #take(object: T): void {
    const { strip, store } = this.#options;
    this.#tell(() => {
      const { uid, resourceVersion } = object.metadata;
      const key = objectKey(object.metadata);
      const held = store.get(key);
      if (held !== undefined && held.metadata.uid !== uid) {
        this.#remove(key, { uid: held.metadata.uid, resourceVersion });
      }
      this.#report(store.set(strip?.(object) ?? object));
    });
  }

  #remove(...[key, deletion]: Parameters<ObjectStore<T>['delete']>): void {
    this.#report(this.#options.store.delete(key, deletion));
  }

  #report(change: StoreChange<T> | undefined): void {
    if (change !== undefined) this.#tell(() => this.#options.onChange?.(change));
  }

  #complain(error: unknown): void {
    try {
      this.#options.onError?.(error);
    } catch {
      // nobody is left to be told
    }
  }

  /** Calls somebody else's code: what it throws is no fault of the server, and must end nothing. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#complain(error);
    }
  }

  #heard(): void {
    this.#lastHeardMs = this.#clock.monotonic();
  }
}

class SilenceError extends ApiError {
  constructor(resource: Resource, silenceMs: number) {
    super('API_TIMEOUT', `cannot watch ${resource.plural}: the server was silent for ${silenceMs / 1000} s`);
  }
}

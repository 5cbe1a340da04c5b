// List, then watch, and again: keeps an ObjectStore equal to a collection of the API server for as long as it runs.
//
// The contract is client-go's: after `hasSynced` the store has once held a whole consistent list; afterwards each change
// arrives in order; what vanished while the watch was down is noticed by the difference to the next list; an error of any
// kind leads to another attempt with backoff (watch-pace.ts), never to an end. Bookmarks keep the version young, so that
// a lost connection seldom costs a list; 410 (too old) always does. A server that is silent for longer than the watchdog
// allows is taken for half-open and dialled again: bookmarks come about every 60 s, so silence is news. That a watch can
// be dialled is none: one that ends at once and told of nothing, or several that each told of nothing, cost a list.
//
// Lists are consistent reads (no resourceVersion; the API server answers them from its watch cache since Kubernetes
// 1.31), where client-go starts with resourceVersion=0: an answer from a server that lags behind would take us back.
import { type Clock, systemClock } from '../lib/clock.ts';
import type { CollectionOptions } from './call-options.ts';
import type { KubeClient } from './client.ts';
import { CollectionCopy, type CollectionCopyOptions } from './collection-copy.ts';
import type { DialGate } from './dial-gate.ts';
import { ApiError, isApiError } from './errors.ts';
import { isOlderVersion } from './object-store.ts';
import { type KubeList, type KubeObject, objectKey } from './objects.ts';
import type { Resource } from './resource.ts';
import { WatchPace } from './watch-pace.ts';
import type { WatchEvent } from './watch-stream.ts';
import { Watchdog } from './watchdog.ts';

/** What a reflector follows, and where it puts it. */
export interface ReflectorOptions<T extends KubeObject> extends CollectionCopyOptions<T> {
  readonly client: Pick<KubeClient, 'pages' | 'watch' | 'renewSockets'>;
  readonly resource: Resource;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only metadata travels and is kept. Default false. */
  readonly isMetadataOnly?: boolean;
  /** Called for each failed attempt, too; the reflector goes on by itself. */
  readonly onError?: (error: unknown) => void;
  /** Called for each list and watch that is asked for. */
  readonly onDial?: (verb: 'list' | 'watch') => void;
  /** Entered before each attempt, and left when its watch stands. Default: nobody waits. */
  readonly gate?: DialGate;
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

/**
 * The share of the watchdog's time after which a dial begins with a list. The first bookmark of a watch comes a minute after
 * the dial: by then a copy that had not been heard of for longer would be called stale (see `WatchStatus.isFresh`).
 */
const overdueShare = 0.6;

/** A watch that ended sooner and told of nothing was none: client-go's "very short watch". */
const shortWatchMs = 1_000;

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
  readonly #copy: CollectionCopy<T>;
  readonly #watchdogMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  /** Where the next watch goes on; undefined where only a list can tell. */
  #resourceVersion: string | undefined;
  #hasTokenExpired = false;
  #lastHeardMs: number | undefined;
  #watchSinceMs: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    const { namespace, labelSelector, fieldSelector, isMetadataOnly = false } = options;
    this.#options = options;
    this.#copy = new CollectionCopy(options);
    this.#collection = { namespace, labelSelector, fieldSelector, isMetadataOnly };
    this.#watchdogMs = options.watchdogMs ?? defaultWatchdogMs;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Whether a whole list has been taken in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** When the server last told of the collection (list, event or bookmark), on the monotonic clock; undefined before the first list. */
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
      if (error !== undefined) this.#copy.complain(error);
      const stoodMs = this.#watchSinceMs === undefined ? 0 : this.#clock.monotonic() - this.#watchSinceMs;
      // what the watchdog ended took its time already
      const waitMs = error instanceof SilenceError ? 0 : pace.waitAfter({ error, stoodMs }, this.#random());
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** A list where one is needed, and a watch. Comes back with what ended it; undefined where the server closed the watch. */
  async #attempt(signal: AbortSignal): Promise<unknown> {
    this.#watchSinceMs = undefined;
    const leave = await this.#options.gate?.enter(signal).catch(() => undefined);
    if (signal.aborted) return undefined;
    using watchdog = new Watchdog(this.#watchdogMs, signal); // waiting at the gate is no silence of the server
    try {
      if (this.#isOverdue()) this.#resourceVersion = undefined;
      this.#resourceVersion ??= await this.#list(watchdog);
      const events = await this.#dial(this.#resourceVersion, watchdog);
      leave?.();
      await this.#follow(events, watchdog);
      return undefined;
    } catch (error) {
      // a watch that says nothing, not even a bookmark, may wait for a version that will never come
      if (watchdog.hasFired || !this.#isVersionKept(error)) this.#resourceVersion = undefined;
      if (!watchdog.hasFired) return error;
      this.#options.client.renewSockets(); // a silent dial is the transport's to notice
      return new SilenceError(this.#options.resource, this.#watchdogMs);
    } finally {
      leave?.();
    }
  }

  async #list(watchdog: Watchdog): Promise<string> {
    const version = await this.#copy.takeList(this.#pages(watchdog));
    this.#heard();
    this.#hasSynced = true;
    this.#synced.resolve();
    return version;
  }

  /**
   * A whole list, in pages that show one state. Where their token expires (the server keeps a state for some five minutes)
   * the next attempt asks for everything at once, as client-go's pager does: it could expire each time.
   */
  async *#pages(watchdog: Watchdog): AsyncGenerator<KubeList<T>, void, undefined> {
    const { client, resource, onDial, pageSize } = this.#options;
    this.#copy.tell(() => onDial?.('list'));
    const pages = client.pages<T>(resource, {
      ...this.#collection,
      ...(this.#hasTokenExpired ? { pageSize: 0 } : pageSize === undefined ? {} : { pageSize }),
      isRepeated: false, // our own pace, and no other's
      signal: watchdog.signal,
    });
    try {
      for await (const page of pages) {
        watchdog.heard();
        yield page;
      }
    } catch (error) {
      this.#hasTokenExpired ||= isApiError(error, 'API_GONE');
      throw error;
    }
    this.#hasTokenExpired = false;
  }

  async #dial(resourceVersion: string, watchdog: Watchdog): Promise<AsyncIterable<WatchEvent<T>>> {
    const { client, resource, onDial } = this.#options;
    this.#copy.tell(() => onDial?.('watch'));
    const events = await client.watch<T>(resource, {
      ...this.#collection,
      resourceVersion,
      // client-go's: five to ten minutes, spread so that watches do not all end together
      timeoutSeconds: Math.round(300 * (1 + this.#random())),
      signal: watchdog.signal,
    });
    watchdog.heard();
    return events;
  }

  async #follow(events: AsyncIterable<WatchEvent<T>>, watchdog: Watchdog): Promise<void> {
    const sinceMs = this.#clock.monotonic();
    let isSilent = true;
    this.#watchSinceMs = sinceMs;
    for await (const event of events) {
      isSilent = false;
      watchdog.heard();
      this.#heard();
      const { metadata } = event.object;
      if (event.type === 'DELETED') this.#copy.remove(objectKey(metadata), metadata);
      else if (event.type !== 'BOOKMARK') this.#copy.take(event.object);
      this.#advance(metadata.resourceVersion);
    }
    if (!isSilent || this.#clock.monotonic() - sinceMs >= shortWatchMs) return;
    const { plural } = this.#options.resource;
    throw new ApiError('API_BAD_ANSWER', `cannot watch ${plural}: the server ended it at once, and told of nothing`);
  }

  /** However often it was dialled since. */
  #isOverdue(): boolean {
    if (this.#lastHeardMs === undefined) return false;
    return this.#clock.monotonic() - this.#lastHeardMs >= overdueShare * this.#watchdogMs;
  }

  /** 5xx to the dial is trouble of the server; within a watch it is an end of this watch's history. */
  #isVersionKept(error: unknown): boolean {
    const isDialling = this.#watchSinceMs === undefined;
    return isApiError(error, ...versionKeepers) || (isDialling && isApiError(error, 'API_SERVER_ERROR'));
  }

  /** Events that come twice, or a bookmark out of order, take us nowhere back. */
  #advance(resourceVersion: string): void {
    if (this.#resourceVersion === undefined || isOlderVersion(resourceVersion, this.#resourceVersion)) return;
    this.#resourceVersion = resourceVersion;
    this.#copy.advance(resourceVersion);
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

// List, then watch, and again: keeps an ObjectStore equal to a collection of the API server for as long as it runs.
//
// The contract is client-go's: after `hasSynced` the store has once held a whole consistent list; afterwards each change
// arrives in order; what vanished while the watch was down is noticed by the difference to the next list; an error of any
// kind leads to another attempt with backoff, never to an end. Bookmarks keep the version young, so that a lost
// connection seldom costs a list; 410 (too old) always does. A watch that is silent for longer than the watchdog allows
// is taken for half-open and dialled again: bookmarks come about every 60 s, so silence is news.
import { backoffMs } from '../lib/backoff.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { ObjectStore, StoreChange } from './object-store.ts';
import { type KubeObject, objectKey } from './objects.ts';
import type { Resource } from './resource.ts';

/** What a reflector follows, and where it puts it. */
export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Only metadata travels and is kept. Default false. */
  readonly isMetadataOnly?: boolean;
  /** Strips what nobody reads before it is stored. */
  readonly strip?: (object: T) => T;
  readonly store: ObjectStore<T>;
  /** Called for each change, in order, after the store has it. Must not throw. */
  readonly onChange?: (change: StoreChange<T>) => void;
  /** Called for each failed attempt; the reflector goes on by itself. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
  /** Silence after which a watch is dialled again, in milliseconds. Default 120,000; below 90,000 loaded machines trip. */
  readonly watchdogMs?: number;
}

const backoff = { baseMs: 250, maxMs: 30_000 } as const;

/** A watch that ended sooner than this counts as a failure: its successor waits. */
const shortWatchMs = 1_000;

/** Keeps one store equal to one collection. */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  #resourceVersion: string | undefined;
  #lastHeardMs: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
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
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = this.#clock.monotonic();
      try {
        this.#resourceVersion ??= await this.#list(signal);
        await this.#watch(this.#resourceVersion, signal);
        failures = this.#clock.monotonic() - startedMs < shortWatchMs ? failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) return;
        if (isApiError(error, 'API_GONE')) this.#resourceVersion = undefined;
        failures = this.#clock.monotonic() - startedMs > backoff.maxMs ? 1 : failures + 1;
        this.#options.onError?.(error);
      }
      if (failures > 0) {
        await this.#clock.sleep(backoffMs(failures - 1, Math.random(), backoff), signal).catch(() => undefined);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, resource, namespace, labelSelector, isMetadataOnly = false, store } = this.#options;
    // reflectors of several namespaces may share a store: only our own namespace's objects can be found missing
    const isOurs = (key: string): boolean => namespace === undefined || key.startsWith(`${namespace}/`);
    const gone = new Set([...store.keys()].filter(isOurs));
    let resourceVersion = '';
    for await (const page of client.pages<T>(resource, { namespace, labelSelector, isMetadataOnly, signal })) {
      resourceVersion = page.resourceVersion;
      for (const item of page.items) {
        gone.delete(objectKey(item.metadata));
        this.#take(item);
      }
    }
    for (const key of gone) this.#report(store.delete(key, { resourceVersion }));
    this.#heard();
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#synced.resolve();
    }
    return resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector, isMetadataOnly = false, store } = this.#options;
    const watchdog = startWatchdog(this.#options.watchdogMs ?? 120_000, signal);
    try {
      const events = await client.watch<T>(resource, {
        namespace,
        labelSelector,
        isMetadataOnly,
        resourceVersion,
        // client-go's: five to ten minutes, spread so that watches do not all end together
        timeoutSeconds: Math.round(300 * (1 + Math.random())),
        signal: watchdog.signal,
      });
      for await (const event of events) {
        watchdog.reset();
        this.#heard();
        if (event.type === 'DELETED')
          this.#report(store.delete(objectKey(event.object.metadata), event.object.metadata));
        else if (event.type !== 'BOOKMARK') this.#take(event.object);
        this.#resourceVersion = event.object.metadata.resourceVersion;
      }
    } catch (error) {
      if (!watchdog.hasFired()) throw error;
    } finally {
      watchdog.stop();
    }
  }

  #take(object: T): void {
    this.#report(this.#options.store.set(this.#options.strip?.(object) ?? object));
  }

  #report(change: StoreChange<T> | undefined): void {
    if (change !== undefined) this.#options.onChange?.(change);
  }

  #heard(): void {
    this.#lastHeardMs = this.#clock.monotonic();
  }
}

function startWatchdog(
  silenceMs: number,
  parent: AbortSignal,
): {
  readonly signal: AbortSignal;
  readonly reset: () => void;
  readonly hasFired: () => boolean;
  readonly stop: () => void;
} {
  const controller = new AbortController();
  let isFired = false;
  const timer = setTimeout(() => {
    isFired = true;
    controller.abort();
  }, silenceMs);
  timer.unref();
  const onAbort = (): void => controller.abort(parent.reason);
  parent.addEventListener('abort', onAbort, { once: true });
  if (parent.aborted) onAbort(); // while the list was taken in: no event will say so any more
  return {
    signal: controller.signal,
    reset: () => timer.refresh(),
    hasFired: () => isFired,
    stop: () => {
      clearTimeout(timer);
      parent.removeEventListener('abort', onAbort);
      controller.abort();
    },
  };
}

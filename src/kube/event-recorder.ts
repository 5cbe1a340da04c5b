// Events: what `kubectl describe` shows below a resource. Written in the background; losing one harms nobody.
import type { Clock } from '../lib/clock.ts';
import { withinTime } from '../lib/within-time.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { EventCorrelator, type EventEntry } from './event-correlator.ts';
import { boundedNote, type EventOptions, type EventSeries, eventObject, microTime } from './event-object.ts';
import type { KubeObject } from './objects.ts';
import { CoreResources, resourcePath } from './resource.ts';
import { WriteQueue } from './write-queue.ts';

/** Who writes. */
export interface EventRecorderOptions {
  /** `bookstore-operator`. */
  readonly controller: string;
  /** This replica. */
  readonly instance: string;
  readonly clock: Clock;
  /** Called where an Event cannot be written, at most once a minute: where one fails many do. */
  readonly onError?: (error: unknown) => void;
  /** Told about each Event and each count. */
  readonly observe?: (observation: EventObservation) => void;
}

/** What became of an Event. */
export interface EventObservation {
  readonly type: EventOptions['type'];
  /** `dropped`: there were too many, or its namespace takes none, since it is being deleted. */
  readonly result: 'written' | 'failed' | 'dropped';
}

/** How long an end may take. */
export interface FlushOptions {
  /** Default 5,000. */
  readonly timeoutMs?: number;
  /** Ends it sooner. */
  readonly signal?: AbortSignal;
}

/** How often an Event is written that is recorded over and over. */
const writeEveryMs = 60_000;
/** And one that shows the latest of many: what it says is news, where a count is none. */
const writeCombinedEveryMs = 5_000;
const complainEveryMs = 60_000;

/** client-go writes one at a time, and lets 1,000 wait. */
const queueOptions = { width: 4, maxWaiting: 1_000 } as const;

/**
 * Writes events.k8s.io/v1 Events. A repetition is counted in the Event that is there (`series`), and written at most once
 * a minute; where the Event is not there, because it could not be written or has expired, it is created with its count. Those of an
 * object that differ in nothing but their notes are folded into one above ten, which shows the latest note, written at
 * most once in 5 s. An object that makes too many of different kinds loses the rest. API servers throttle Events by
 * themselves (the admission plugin EventRateLimit), and an Event waits for minutes: a 429 to one holds nothing else back.
 */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #queue = new WriteQueue(queueOptions);
  readonly #due = new Map<EventEntry, NodeJS.Timeout>();
  #giveUp = new AbortController();
  #complainedMs = Number.NEGATIVE_INFINITY;

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#client = client.apart();
    this.#options = options;
  }

  /** Records without waiting. */
  record(about: KubeObject, event: EventOptions): void {
    const { clock, controller, instance } = this.#options;
    const group = `${event.type} ${event.reason} ${event.action}`;
    const note = boundedNote(event.note);
    const correlation = this.#correlator.correlate({ uid: about.metadata.uid, group, note }, clock.monotonic());
    switch (correlation.kind) {
      case 'drop':
        this.#options.observe?.({ type: event.type, result: 'dropped' });
        return;
      case 'create':
        correlation.entry.object = eventObject(about, event, { controller, instance, nowMs: clock.now() });
        this.#write(correlation.entry);
        return;
      case 'repeat':
        this.#writeLater(correlation.entry);
    }
  }

  /**
   * Resolves when all that was recorded is written or lost, counts too. What takes longer than is allowed is lost. Never
   * rejects.
   */
  async flush(options: FlushOptions = {}): Promise<void> {
    const { timeoutMs = 5_000, signal } = options;
    const giveUp = this.#giveUp;
    try {
      await withinTime(this.#drain(), { timeoutMs, signal });
    } catch (reason) {
      this.#giveUp = new AbortController(); // what is recorded from now on has another chance
      for (const timer of this.#due.values()) clearTimeout(timer);
      this.#due.clear();
      giveUp.abort(reason);
      await this.#queue.idle();
    }
  }

  async #drain(): Promise<void> {
    await this.#queue.idle(); // an Event has to be there before it can be counted
    for (const entry of Array.from(this.#due.keys())) this.#write(entry);
    await this.#queue.idle();
  }

  #writeLater(entry: EventEntry): void {
    if (entry.isWriting || entry.isRefused || this.#due.has(entry)) return;
    const dueInMs =
      entry.triedMs + (entry.isCombined ? writeCombinedEveryMs : writeEveryMs) - this.#options.clock.monotonic();
    const timer = setTimeout(() => this.#write(entry), Math.max(0, dueInMs));
    timer.unref();
    this.#due.set(entry, timer);
  }

  #write(entry: EventEntry): void {
    clearTimeout(this.#due.get(entry));
    this.#due.delete(entry);
    entry.triedMs = this.#options.clock.monotonic();
    const { signal } = this.#giveUp;
    entry.isWriting = this.#queue.add(() => this.#send(entry, signal));
    if (!entry.isWriting) this.#observe(entry, 'dropped');
  }

  async #send(entry: EventEntry, signal: AbortSignal): Promise<void> {
    const { count } = entry;
    try {
      await this.#createOrCount(entry, signal);
      entry.writtenCount = count;
      this.#observe(entry, 'written');
    } catch (error) {
      entry.isRefused = isNamespaceGoing(error);
      this.#observe(entry, entry.isRefused ? 'dropped' : 'failed');
      if (!entry.isRefused) this.#complain(error);
    } finally {
      entry.isWriting = false;
      if (entry.count > count) this.#writeLater(entry); // recorded again meanwhile
    }
  }

  async #createOrCount(entry: EventEntry, signal: AbortSignal): Promise<void> {
    const { count, writtenCount } = entry;
    const lastObservedTime = microTime(this.#options.clock.now());
    const series = count > 1 ? { count, lastObservedTime } : undefined;
    if (writtenCount > 0 && (await this.#count(entry, { series, signal }))) return;
    if (await this.#create(entry, { series, signal })) return;
    await this.#count(entry, { series, signal });
  }

  /** False where the Event is there: an attempt of before had succeeded, and its answer was lost. */
  async #create({ object, note }: EventEntry, { series, signal }: Writing): Promise<boolean> {
    if (object === undefined) return true;
    const { namespace, name } = object.metadata;
    try {
      await this.#client.raw({
        method: 'POST',
        path: resourcePath(CoreResources.events, { namespace }),
        query: { fieldManager: this.#options.controller, fieldValidation: 'Strict' },
        body: { ...object, note, series },
        what: `create Event ${namespace}/${name}`,
        isIdempotent: true, // its name is its own
        signal,
      });
      return true;
    } catch (error) {
      if (isApiError(error, 'API_ALREADY_EXISTS')) return false;
      throw error;
    }
  }

  /** False where there is no Event: they expire, after an hour in most clusters, and may be deleted. */
  async #count({ object, isCombined, note }: EventEntry, { series, signal }: Writing): Promise<boolean> {
    if (object === undefined || series === undefined) return true;
    const { namespace, name } = object.metadata;
    try {
      const options = { namespace, name, fieldManager: this.#options.controller, signal };
      // events.k8s.io lets no note be changed; the older view of the same object does, where its name is another
      if (isCombined) await this.#client.merge(CoreResources.legacyEvents, { message: note, series }, options);
      else await this.#client.merge(CoreResources.events, { series }, options);
      return true;
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return false;
      throw error;
    }
  }

  #observe({ object }: EventEntry, result: EventObservation['result']): void {
    if (object !== undefined) this.#options.observe?.({ type: object.type, result });
  }

  #complain(error: unknown): void {
    const nowMs = this.#options.clock.monotonic();
    if (nowMs - this.#complainedMs < complainEveryMs) return;
    this.#complainedMs = nowMs;
    this.#options.onError?.(error);
  }
}

interface Writing {
  /** Absent where it was recorded once. */
  readonly series: EventSeries | undefined;
  readonly signal: AbortSignal;
}

/** The namespace is being deleted, and takes nothing new, or is gone: it will not get better, and is no trouble of ours. */
function isNamespaceGoing(error: unknown): boolean {
  return (
    isApiError(error, 'API_NOT_FOUND') ||
    (isApiError(error, 'API_FORBIDDEN') && error.causes.includes('NamespaceTerminating'))
  );
}

// Events: what `kubectl describe` shows below a resource. Written in the background; losing one harms nobody.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { KubeClient } from './client.ts';
import { EventCorrelator, type EventEntry } from './event-correlator.ts';
import type { KubeObject } from './objects.ts';
import { CoreResources } from './resource.ts';

/** One Event. */
export interface EventOptions {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, one of a small set. */
  readonly reason: string;
  /** What was being done: `Install`, `Uninstall`. */
  readonly action: string;
  /** For people; bounded to 1,000 bytes. */
  readonly note: string;
}

/** Who writes. */
export interface EventRecorderOptions {
  /** `bookstore-operator`. */
  readonly controller: string;
  /** This replica. */
  readonly instance: string;
  readonly clock: Clock;
  /** Called where an Event cannot be written. */
  readonly onError?: (error: unknown) => void;
  /** Told about each Event and each count. */
  readonly observe?: (observation: EventObservation) => void;
}

/** What became of an Event. */
export interface EventObservation {
  readonly type: EventOptions['type'];
  readonly result: 'written' | 'failed' | 'dropped';
}

/**
 * Writes events.k8s.io/v1 Events. A repetition is counted in the Event that is there (`series`), and written at most once
 * a minute; an object that makes too many different ones loses the rest.
 */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #due = new Map<EventEntry, { readonly timer: NodeJS.Timeout; readonly write: () => void }>();

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Records without waiting. */
  record(about: KubeObject, event: EventOptions): void {
    const text = `${event.type} ${event.reason} ${event.action} ${event.note}`;
    const correlation = this.#correlator.correlate({ uid: about.metadata.uid, text }, this.#options.clock.monotonic());
    switch (correlation.kind) {
      case 'drop':
        this.#options.observe?.({ type: event.type, result: 'dropped' });
        return;
      case 'create':
        correlation.entry.name = eventName(about.metadata.name);
        this.#inBackground(event.type, this.#write(about, event, correlation.entry.name));
        return;
      case 'repeat':
        this.#countLater(about, event, correlation.entry);
    }
  }

  /** Resolves when all that was recorded is written or lost, counts too. */
  async flush(): Promise<void> {
    await Promise.all(this.#inFlight); // an Event has to be there before it can be counted
    for (const { timer, write } of this.#due.values()) {
      clearTimeout(timer);
      write();
    }
    this.#due.clear();
    await Promise.all(this.#inFlight);
  }

  #countLater(about: KubeObject, event: EventOptions, entry: EventEntry): void {
    if (this.#due.has(entry)) return;
    const write = (): void => {
      this.#due.delete(entry);
      this.#inBackground(event.type, this.#count(about, entry));
    };
    const timer = setTimeout(write, countEveryMs);
    timer.unref();
    this.#due.set(entry, { timer, write });
  }

  #inBackground(type: EventOptions['type'], work: Promise<void>): void {
    const { observe, onError } = this.#options;
    const written = work
      .then(
        () => observe?.({ type, result: 'written' }),
        (error: unknown) => {
          observe?.({ type, result: 'failed' });
          onError?.(error);
        },
      )
      .finally(() => this.#inFlight.delete(written));
    this.#inFlight.add(written);
  }

  async #count(about: KubeObject, entry: EventEntry): Promise<void> {
    if (entry.count === entry.writtenCount) return;
    const { count } = entry;
    await this.#client.merge(
      CoreResources.events,
      { series: { count, lastObservedTime: microTime(this.#options.clock.now()) } },
      { namespace: namespaceOf(about), name: entry.name, fieldManager: this.#options.controller },
    );
    entry.writtenCount = count;
  }

  async #write(about: KubeObject, event: EventOptions, name: string): Promise<void> {
    await this.#client.create(
      CoreResources.events,
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name, namespace: namespaceOf(about) },
        eventTime: microTime(this.#options.clock.now()),
        reportingController: this.#options.controller,
        reportingInstance: this.#options.instance,
        type: event.type,
        reason: event.reason,
        action: event.action,
        note: bounded(event.note),
        regarding: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          name: about.metadata.name,
          uid: about.metadata.uid,
          resourceVersion: about.metadata.resourceVersion,
          ...(about.metadata.namespace === undefined ? {} : { namespace: about.metadata.namespace }),
        },
      },
      { fieldManager: this.#options.controller },
    );
  }
}

/** How often the count of a repeated Event is written. */
const countEveryMs = 60_000;
const maxNoteBytes = 1_000;

/** As client-go: Events of cluster-scoped objects live in `default`. */
function namespaceOf(about: KubeObject): string {
  return about.metadata.namespace ?? 'default';
}

/** The API's MicroTime; our clock knows milliseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z');
}

/** A cut may end in a dot or a dash, which no part of a name may. */
function eventName(objectName: string): string {
  return `${objectName.slice(0, 200).replace(/[-.]+$/, '')}.${randomBytes(8).toString('hex')}`;
}

/** The API server counts bytes, and takes 1,024. */
function bounded(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= maxNoteBytes) return note;
  // decoding as a stream leaves out a character that was cut
  return `${new TextDecoder().decode(bytes.subarray(0, maxNoteBytes - 3), { stream: true })}…`;
}

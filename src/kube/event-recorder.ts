// Events: what `kubectl describe` shows below a resource. Written in the background; losing one harms nobody.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { KubeClient } from './client.ts';
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
}

/** Writes events.k8s.io/v1 Events. An Event equal to the object's last one is not repeated within ten minutes. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #options: EventRecorderOptions;
  readonly #last = new Map<string, { readonly text: string; readonly atMs: number }>();
  readonly #inFlight = new Set<Promise<void>>();

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Records without waiting. */
  record(about: KubeObject, event: EventOptions): void {
    const { uid } = about.metadata;
    const nowMs = this.#options.clock.monotonic();
    const text = `${event.type} ${event.reason} ${event.note}`;
    const last = this.#last.get(uid);
    if (last !== undefined && last.text === text && nowMs - last.atMs < repeatAfterMs) return;
    this.#last.delete(uid);
    this.#last.set(uid, { text, atMs: nowMs });
    if (this.#last.size > maxRemembered) {
      const oldest = this.#last.keys().next().value;
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    const written = this.#write(about, event)
      .catch((error: unknown) => this.#options.onError?.(error))
      .finally(() => this.#inFlight.delete(written));
    this.#inFlight.add(written);
  }

  /** Resolves when all that was recorded is written or lost. */
  async flush(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  async #write(about: KubeObject, event: EventOptions): Promise<void> {
    const namespace = about.metadata.namespace ?? 'default'; // as client-go: Events of cluster-scoped objects live there
    await this.#client.create(
      CoreResources.events,
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: eventName(about.metadata.name), namespace },
        eventTime: new Date(this.#options.clock.now()).toISOString().replace(/Z$/, '000Z'), // MicroTime
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

const repeatAfterMs = 600_000;
const maxRemembered = 5_000;
const maxNoteBytes = 1_000;

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

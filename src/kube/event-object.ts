// An Event as the API takes it (events.k8s.io/v1), named as client-go names them.
import { randomBytes } from 'node:crypto';
import type { KubeObject } from './objects.ts';

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

/** How often an Event was recorded, twice at least; when last. */
export interface EventSeries {
  readonly count: number;
  readonly lastObservedTime: string;
}

/** What is sent to create an Event. */
export interface EventObject {
  readonly apiVersion: 'events.k8s.io/v1';
  readonly kind: 'Event';
  /** The name is like no other: to create it twice is to create it once. */
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly type: EventOptions['type'];
  /** Of the first time that it was recorded. */
  readonly eventTime: string;
  readonly [field: string]: unknown;
}

const maxNoteBytes = 1_000;

/** Makes an Event about an object. */
export function eventObject(
  about: KubeObject,
  event: EventOptions,
  by: { readonly controller: string; readonly instance: string; readonly nowMs: number },
): EventObject {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: eventName(name), namespace: namespace ?? 'default' }, // as client-go for cluster-scoped objects
    eventTime: microTime(by.nowMs),
    reportingController: by.controller,
    reportingInstance: by.instance,
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: boundedNote(event.note),
    regarding: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      uid,
      resourceVersion,
      ...(namespace === undefined ? {} : { namespace }),
    },
  };
}

/** The API's MicroTime; our clock knows milliseconds. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z');
}

/** A cut may end in a dot or a dash, which no part of a name may. */
function eventName(objectName: string): string {
  return `${objectName.slice(0, 200).replace(/[-.]+$/, '')}.${randomBytes(8).toString('hex')}`;
}

/** A note that the API server takes: it counts bytes, and takes 1,024. */
export function boundedNote(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= maxNoteBytes) return note;
  // decoding as a stream leaves out a character that was cut
  return `${new TextDecoder().decode(bytes.subarray(0, maxNoteBytes - 3), { stream: true })}…`;
}

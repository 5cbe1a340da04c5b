// The undo Secret: a copy of one record, byte for byte, with what is needed to write it back (DESIGN.md P8). Pure.
import { createHash } from 'node:crypto';
import { PURGE_PREFIX } from '../../api/v1alpha1/annotations.ts';
import type { ObjectInput, ObjectMeta } from '../../kube/objects.ts';
import type { ReleaseRecord } from '../../release/record.ts';
import { parseTime } from '../keep/keep.ts';

/**
 * The type of undo Secrets. helm lists Secrets by `owner=helm` and finds them by their name, so it never sees one; a
 * Secret's type cannot be changed, so what has it was made with it.
 */
export const undoSecretType = 'purge.velotio.com/undo.v1';

/** Selects undo Secrets by what the API server can filter. */
export const undoSelector = {
  labelSelector: `${PURGE_PREFIX}run`,
  fieldSelector: `type=${undoSecretType}`,
} as const;

/** Labels of an undo Secret. */
export const UndoLabel = { run: `${PURGE_PREFIX}run`, release: `${PURGE_PREFIX}release` } as const;

/** Annotations of an undo Secret. */
export const UndoAnnotation = {
  revision: `${PURGE_PREFIX}revision`,
  /** Of the payload; what is believed is the run's note, not this. */
  digest: `${PURGE_PREFIX}digest`,
  /** RFC 3339: swept after this. */
  expires: `${PURGE_PREFIX}expires`,
  /** The record's labels as JSON: those of people stand nowhere else. */
  recordLabels: `${PURGE_PREFIX}record-labels`,
} as const;

/** Helm's own labels of a record: written anew with it. `createdAt` is kept. */
const ownLabels = ['owner', 'name', 'version', 'status', 'modifiedAt'];

/** The name of the Secret: of the same run and release always the same. At most 53 + 63 + 6 characters. */
export function undoSecretName(run: string, release: string): string {
  return `undo.${release}.${run}`;
}

/** `sha256:…` over the bytes of `data.release`, as a note has it. */
export function undoDigest(payload: string): string {
  return `sha256:${createHash('sha256').update(Buffer.from(payload, 'base64')).digest('hex')}`;
}

/** What is copied. */
export interface UndoInput {
  readonly run: string;
  readonly record: Pick<ReleaseRecord, 'namespace' | 'name' | 'revision' | 'labels'>;
  /** `data.release` of the record, base64 as the API has it. */
  readonly payload: string;
  readonly expiresAtMs: number;
}

/** The Secret as it is created. */
export function undoSecretOf({ run, record, payload, expiresAtMs }: UndoInput): ObjectInput {
  const { namespace, name, revision, labels } = record;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: undoSecretType,
    metadata: {
      name: undoSecretName(run, name),
      namespace,
      labels: { [UndoLabel.run]: run, [UndoLabel.release]: name },
      annotations: {
        [UndoAnnotation.revision]: String(revision),
        [UndoAnnotation.digest]: undoDigest(payload),
        [UndoAnnotation.expires]: new Date(expiresAtMs).toISOString(),
        [UndoAnnotation.recordLabels]: JSON.stringify(labels),
      },
    },
    data: { release: payload },
  };
}

/**
 * The labels that people, or an operator, gave to the record, and `createdAt`; none where they cannot be read. Helm's own
 * are left out: what they say is not for the namespace's users to write.
 */
export function recordLabelsOf({ annotations }: Pick<ObjectMeta, 'annotations'>): Readonly<Record<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(annotations?.[UndoAnnotation.recordLabels] ?? '{}');
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts.filter(([key]) => !ownLabels.includes(key)));
}

/**
 * Whether the time of an undo Secret is over. Where its annotation cannot be read, it is as old as the API server says;
 * undefined times of both kinds keep it.
 */
export function isExpired(
  { annotations, creationTimestamp }: Pick<ObjectMeta, 'annotations' | 'creationTimestamp'>,
  { nowMs, retentionMs }: { readonly nowMs: number; readonly retentionMs: number },
): boolean {
  const expiresAtMs = parseTime(annotations?.[UndoAnnotation.expires] ?? '');
  if (expiresAtMs !== undefined) return expiresAtMs <= nowMs;
  const createdAtMs = parseTime(creationTimestamp ?? '');
  return createdAtMs !== undefined && createdAtMs + retentionMs <= nowMs;
}

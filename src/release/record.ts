// Helm's release records as their metadata shows them: name, revision and state of a release without reading its body.
import type { KubeObject, ObjectMeta } from '../kube/objects.ts';
import { type Annotated, annotatedOf } from './annotation-times.ts';

/** The type of the Secrets in which Helm 3 and 4 keep revisions. */
export const recordSecretType = 'helm.sh/release.v1';

/** Selects Helm's records among Secrets. */
export const recordLabelSelector = 'owner=helm';

/** The states that Helm writes. */
export const releaseStatuses = [
  'unknown',
  'deployed',
  'uninstalled',
  'superseded',
  'failed',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
] as const;

/** One of {@link releaseStatuses}. */
export type ReleaseStatus = (typeof releaseStatuses)[number];

/** One revision of a release, as its Secret's metadata shows it. Untrusted: whoever writes Secrets there wrote this. */
export interface ReleaseRecord extends Annotated {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** The Secret that holds the record. */
  readonly secretName: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When Helm wrote the revision, milliseconds since the epoch; undefined where the label is missing or no number. */
  readonly createdAtMs: number | undefined;
  /** When Helm last changed the record. */
  readonly modifiedAtMs: number | undefined;
}

/** A record's Secret with its data. */
export interface RecordSecret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** Why a Secret labelled `owner=helm` is not taken for a record. */
export interface RecordRejection {
  readonly namespace: string;
  readonly secretName: string;
  readonly reason: string;
}

/** Helm counts in Go's int. This is what can be counted without loss here, and more than anybody reaches. */
export const maxRevision = 999_999_999_999_999;

/** A revision as a label or a note spells it; undefined where it is none, or beyond what this program counts. */
export function parseRevision(text: string | undefined): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text ?? '') ? Number(text) : undefined;
}

/** The name Helm gives to the Secret of a revision. */
export function recordSecretName(releaseName: string, revision: number): string {
  return `sh.helm.release.v1.${releaseName}.v${revision}`;
}

/**
 * Reads a record from the metadata of its Secret. The Secret's name and its labels must say the same (DESIGN.md P1);
 * otherwise the answer is a rejection: such a record is nobody's release.
 */
export function parseRecord(meta: ObjectMeta): ReleaseRecord | RecordRejection {
  const labels = meta.labels ?? {};
  const namespace = meta.namespace ?? '';
  const reject = (reason: string): RecordRejection => ({ namespace, secretName: meta.name, reason });
  const { name, version, status } = labels;
  if (labels.owner !== 'helm') return reject('has no label owner=helm');
  if (name === undefined || name === '') return reject('has no label name');
  const revision = parseRevision(version);
  if (revision === undefined) return reject(`has a label version ${JSON.stringify(version)}, which is no revision`);
  if (!isReleaseStatus(status))
    return reject(`has a label status ${JSON.stringify(status)}, which is no state of Helm`);
  if (meta.name !== recordSecretName(name, revision)) {
    return reject(`is named ${meta.name}, but its labels say ${recordSecretName(name, revision)}`);
  }
  return {
    namespace,
    name,
    revision,
    status,
    secretName: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    labels,
    ...annotatedOf(meta),
    createdAtMs: unixSeconds(labels.createdAt),
    modifiedAtMs: unixSeconds(labels.modifiedAt),
  };
}

/** Tells a record from a rejection. */
export function isRecord(parsed: ReleaseRecord | RecordRejection): parsed is ReleaseRecord {
  return 'revision' in parsed;
}

/** When the revision was last touched: the later of both labels, undefined where neither is readable. */
export function lastTouchedMs(record: ReleaseRecord): number | undefined {
  const { createdAtMs, modifiedAtMs } = record;
  if (createdAtMs === undefined) return modifiedAtMs;
  return modifiedAtMs === undefined ? createdAtMs : Math.max(createdAtMs, modifiedAtMs);
}

function isReleaseStatus(status: string | undefined): status is ReleaseStatus {
  return (releaseStatuses as readonly (string | undefined)[]).includes(status);
}

function unixSeconds(label: string | undefined): number | undefined {
  return label !== undefined && /^\d{1,12}$/.test(label) ? Number(label) * 1000 : undefined;
}

// From records to releases: the latest revision of each, and what casts doubt on it.
import { createHash } from 'node:crypto';
import { OWNER_LABEL } from '../api/v1alpha1/labels.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import type { Annotated } from './annotation-times.ts';
import { isRecord, parseRecord, type RecordRejection, type ReleaseRecord } from './record.ts';

/** A release as the metadata of all its stored records shows it. */
export interface StoredRelease {
  readonly namespace: string;
  readonly name: string;
  /** The record of the highest revision. */
  readonly latest: ReleaseRecord;
  /** How many revisions are stored. */
  readonly revisions: number;
  /** The annotations of every stored record that has any, newest first: an opt-out on any of them counts. */
  readonly annotated: readonly Annotated[];
  /** Value of the owner label on the newest stored record that has one (O6). */
  readonly owner: string | undefined;
  /** Changes when any stored record is added, removed or changed: over secret name, uid and resourceVersion of each. */
  readonly recordsDigest: string;
}

/** A Secret labelled as Helm's that is not a record, with the releases on which it casts doubt. */
export interface RejectedRecord extends RecordRejection {
  /**
   * Names that the Secret's name or labels claim. helm reads the records of a release by label alone, so a forged one
   * can replace what `helm uninstall` believes to be the release: such a release is nobody's to purge.
   */
  readonly claimedNames: readonly string[];
}

/** What a namespace holds. */
export interface ReleaseListing {
  /** Sorted by name. */
  readonly releases: readonly StoredRelease[];
  readonly rejected: readonly RejectedRecord[];
}

/** Groups the metadata of Secrets labelled `owner=helm`, all of one namespace. */
export function groupReleases(metas: readonly ObjectMeta[]): ReleaseListing {
  const recordsByName = new Map<string, ReleaseRecord[]>();
  const rejected: RejectedRecord[] = [];
  for (const meta of metas) {
    const parsed = parseRecord(meta);
    if (!isRecord(parsed)) {
      rejected.push({ ...parsed, claimedNames: claimedNames(meta) });
      continue;
    }
    const records = recordsByName.get(parsed.name);
    if (records === undefined) recordsByName.set(parsed.name, [parsed]);
    else records.push(parsed);
  }
  const releases = [...recordsByName.values()].map(toRelease).filter((release) => release !== undefined);
  return {
    releases: releases.sort((a, b) => compare(a.name, b.name)),
    rejected: rejected.sort((a, b) => compare(a.secretName, b.secretName)),
  };
}

function toRelease(records: ReleaseRecord[]): StoredRelease | undefined {
  const newestFirst = records.sort((a, b) => b.revision - a.revision);
  const latest = newestFirst[0];
  if (latest === undefined) return undefined;
  const digest = createHash('sha256');
  for (const record of newestFirst) digest.update(`${record.secretName}\n${record.uid}\n${record.resourceVersion}\n`);
  return {
    namespace: latest.namespace,
    name: latest.name,
    latest,
    revisions: newestFirst.length,
    annotated: newestFirst.filter(isAnnotated).map(onlyAnnotated),
    owner: newestFirst.map(({ labels }) => labels[OWNER_LABEL]).find((owner) => owner !== undefined),
    recordsDigest: `sha256:${digest.digest('hex')}`,
  };
}

function isAnnotated({ annotations, keepLabels = [] }: Annotated): boolean {
  return Object.keys(annotations).length + keepLabels.length > 0;
}

function onlyAnnotated({ annotations, annotationTimes, keepLabels }: Annotated): Annotated {
  return {
    annotations,
    ...(annotationTimes === undefined ? {} : { annotationTimes }),
    ...(keepLabels === undefined ? {} : { keepLabels }),
  };
}

function claimedNames(meta: ObjectMeta): readonly string[] {
  const fromLabel = meta.labels?.name;
  const fromName = /^sh\.helm\.release\.v1\.(.+)\.v[^.]*$/.exec(meta.name)?.[1];
  return [...new Set([fromLabel, fromName].filter((name) => name !== undefined && name !== ''))].map(String);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

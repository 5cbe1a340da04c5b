// Builders for the purge's unit tests: a release as the metadata of its records shows it.
import type { ObjectMeta } from '../../src/kube/objects.ts';
import { groupReleases, type StoredRelease } from '../../src/release/group-releases.ts';
import type { ReleaseStatus } from '../../src/release/record.ts';

/** The instant at which the tests take place. */
export const nowMs = Date.parse('2026-11-20T20:00:00Z');

/** What a test cares about; the rest is an ordinary release of a day ago. */
export interface ReleaseShape {
  readonly namespace?: string;
  readonly name?: string;
  readonly status?: ReleaseStatus;
  readonly revision?: number;
  /** Negative is in the future; `null` leaves the labels out. */
  readonly ageMs?: number | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Annotations of an older stored record. */
  readonly olderAnnotations?: Readonly<Record<string, string>>;
  /** Labels of an older stored record, besides those of the latest. */
  readonly olderLabels?: Readonly<Record<string, string>>;
  /** Whether a Secret beside it claims to be a newer record, under a name that is none. Default false. */
  readonly isForged?: boolean;
}

/** The metadata of the release's stored records. */
export function recordMetas(shape: ReleaseShape = {}): readonly ObjectMeta[] {
  const { namespace = 'team-a', name = 'shop', revision = 2, status = 'deployed', ageMs = 86_400_000 } = shape;
  const record = (version: number, state: ReleaseStatus, annotations: ReleaseShape['annotations']): ObjectMeta => ({
    name: `sh.helm.release.v1.${name}.v${version}`,
    namespace,
    uid: `${namespace}-${name}-${version}`,
    resourceVersion: String(1000 + version),
    labels: {
      owner: 'helm',
      name,
      version: String(version),
      status: state,
      ...(ageMs === null ? {} : { modifiedAt: String(Math.floor((nowMs - ageMs) / 1000)) }),
      ...shape.labels,
    },
    ...(annotations === undefined ? {} : { annotations }),
  });
  const latest = record(revision, status, shape.annotations);
  const older = record(revision - 1, 'superseded', shape.olderAnnotations);
  return [
    ...(revision === 1 ? [] : [{ ...older, labels: { ...older.labels, ...shape.olderLabels } }]),
    latest,
    ...(shape.isForged === true ? [{ ...latest, name: `${latest.name}0`, uid: `${latest.uid}-forged` }] : []),
  ];
}

/** The release. */
export function storedRelease(shape: ReleaseShape = {}): StoredRelease {
  const [release] = groupReleases(recordMetas(shape)).releases;
  if (release === undefined) throw new Error('the shape is no release');
  return release;
}

// Helm's records as the metadata watch shows them: the latest revision of any release, without a request.
import { DIGEST_LABEL, HOLDER_LABEL, OWNER_LABEL } from '../../api/v1alpha1/labels.ts';
import { type HolderState, holderState } from '../../helm/holder.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectStore } from '../../kube/object-store.ts';
import { type KubeObject, objectKey } from '../../kube/objects.ts';
import { CoreResources } from '../../kube/resource.ts';
import type { Clock } from '../../lib/clock.ts';
import { isRecord, lastTouchedMs, parseRecord, type ReleaseRecord, recordLabelSelector } from '../../release/record.ts';
import { isMadeByUs } from '../decide/lock.ts';
import type { ObservedRelease } from './observation.ts';

/** A release. */
export interface ReleaseKey {
  readonly namespace: string;
  readonly name: string;
}

const byRelease = 'release';

/** Longest value of a label. */
const maxLabelLength = 63;

/** The store behind the watch of Secrets `owner=helm`, with the questions that the operator asks of it. */
export class ReleaseCache {
  readonly store: ObjectStore<KubeObject>;
  readonly #clock: Pick<Clock, 'now'>;
  /** By release: when a record was first seen that says it was written later than that. */
  readonly #firstSeen = new Map<string, { readonly resourceVersion: string; readonly atMs: number }>();

  constructor(store: ObjectStore<KubeObject>, clock: Pick<Clock, 'now'>) {
    this.store = store;
    this.#clock = clock;
    store.addIndex(byRelease, (object) => [`${object.metadata.namespace ?? ''}/${object.metadata.labels?.name ?? ''}`]);
  }

  /** The latest revision, undefined where there is none. */
  latest(key: ReleaseKey): ObservedRelease | undefined {
    return this.#inTime(key, latestOf(this.store.byIndex(byRelease, objectKey(key))));
  }

  /** How many releases there are of each owner label. */
  owners(): ReadonlyMap<string, number> {
    const releases = new Map<string, string>();
    for (const { metadata } of this.store.values()) {
      const record = parseRecord(metadata);
      const owner = isRecord(record) ? record.labels[OWNER_LABEL] : undefined;
      if (isRecord(record) && owner !== undefined) releases.set(objectKey(record), owner);
    }
    const counts = new Map<string, number>();
    for (const owner of releases.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    return counts;
  }

  /**
   * The latest revision as the API server knows it now: asked before each helm call, since the watch may be behind our
   * own last call. A name that no label holds is no release's: helm refuses it, and the API server a selector with it.
   */
  async refresh(client: KubeClient, key: ReleaseKey, signal?: AbortSignal): Promise<ObservedRelease | undefined> {
    if (key.name.length > maxLabelLength) return undefined;
    const list = await client.list(CoreResources.secrets, {
      namespace: key.namespace,
      labelSelector: `${recordLabelSelector},name=${key.name}`,
      isMetadataOnly: true,
      signal,
    });
    const present = new Set(list.items.map((item) => objectKey(item.metadata)));
    for (const held of this.store.byIndex(byRelease, objectKey(key))) {
      const heldKey = objectKey(held.metadata);
      if (!present.has(heldKey)) this.store.forget(heldKey);
    }
    for (const item of list.items) this.store.remember(stripRecord(item));
    return this.#inTime(key, latestOf(list.items));
  }

  /** A time of writing that is still to come (a clock that is ahead, or a forged label) would hold a lock for ever. */
  #inTime(key: ReleaseKey, release: ObservedRelease | undefined): ObservedRelease | undefined {
    const name = objectKey(key);
    const nowMs = this.#clock.now();
    if (release?.touchedAtMs === undefined || release.touchedAtMs <= nowMs) {
      this.#firstSeen.delete(name);
      return release;
    }
    const { resourceVersion } = release.record;
    const held = this.#firstSeen.get(name);
    const atMs = held?.resourceVersion === resourceVersion ? held.atMs : nowMs;
    this.#firstSeen.set(name, { resourceVersion, atMs });
    return { ...release, touchedAtMs: atMs };
  }
}

/** What the cache keeps of a record's Secret. */
export function stripRecord(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels } = object.metadata;
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      ...(namespace === undefined ? {} : { namespace }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

function latestOf(objects: readonly KubeObject[]): ObservedRelease | undefined {
  const parsed = objects.map((object) => ({ object, record: parseRecord(object.metadata) }));
  let latest: { readonly object: KubeObject; readonly record: ReleaseRecord } | undefined;
  const good: number[] = [];
  for (const { object, record } of parsed) {
    if (!isRecord(record)) continue;
    if (record.revision > (latest?.record.revision ?? 0)) latest = { object, record };
    if (record.status === 'deployed' || record.status === 'superseded') good.push(record.revision);
  }
  if (latest === undefined) return undefined;
  const { revision } = latest.record;
  return {
    revision,
    status: latest.record.status,
    owner: latest.record.labels[OWNER_LABEL],
    digestLabel: latest.record.labels[DIGEST_LABEL],
    holder: holderOf(latest.record),
    touchedAtMs: touchedAtMs(latest.record, latest.object),
    record: { uid: latest.record.uid, resourceVersion: latest.record.resourceVersion },
    good: good.filter((each) => each < revision).sort((a, b) => b - a),
  };
}

function holderOf({ status, revision, labels }: ReleaseRecord): HolderState {
  const isOurs = status.startsWith('pending-') && isMadeByUs({ digestLabel: labels[DIGEST_LABEL], revision });
  return isOurs ? holderState(labels[HOLDER_LABEL]) : 'unknown';
}

function touchedAtMs(record: ReleaseRecord, { metadata }: KubeObject): number | undefined {
  const createdMs = Date.parse(metadata.creationTimestamp ?? '');
  return lastTouchedMs(record) ?? (Number.isNaN(createdMs) ? undefined : createdMs);
}

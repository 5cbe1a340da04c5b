// Helm's records as the metadata watch shows them: the latest revision of any release, without a request.
import { DIGEST_LABEL, OWNER_LABEL } from '../api/v1alpha1/labels.ts';
import type { KubeClient } from '../kube/client.ts';
import type { ObjectStore } from '../kube/object-store.ts';
import { type KubeObject, objectKey } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import { isRecord, parseRecord, type ReleaseRecord, recordLabelSelector } from '../release/record.ts';
import type { ObservedRelease } from './observation.ts';

/** A release. */
export interface ReleaseKey {
  readonly namespace: string;
  readonly name: string;
}

const byRelease = 'release';

/** The store behind the watch of Secrets `owner=helm`, with the questions that the operator asks of it. */
export class ReleaseCache {
  readonly store: ObjectStore<KubeObject>;

  constructor(store: ObjectStore<KubeObject>) {
    this.store = store;
    store.addIndex(byRelease, (object) => [`${object.metadata.namespace ?? ''}/${object.metadata.labels?.name ?? ''}`]);
  }

  /** The latest revision, undefined where there is none. */
  latest(key: ReleaseKey): ObservedRelease | undefined {
    return latestOf(this.store.byIndex(byRelease, objectKey(key)));
  }

  /**
   * The latest revision as the API server knows it now: asked before each helm call, since the watch may be behind our
   * own last call.
   */
  async refresh(client: KubeClient, key: ReleaseKey, signal?: AbortSignal): Promise<ObservedRelease | undefined> {
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
    return latestOf(list.items);
  }
}

/** What the cache keeps of a record's Secret. */
export function stripRecord(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels } = object.metadata;
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

function latestOf(objects: readonly KubeObject[]): ObservedRelease | undefined {
  let latest: ReleaseRecord | undefined;
  for (const object of objects) {
    const record = parseRecord(object.metadata);
    if (isRecord(record) && record.revision > (latest?.revision ?? 0)) latest = record;
  }
  return latest === undefined
    ? undefined
    : {
        revision: latest.revision,
        status: latest.status,
        owner: latest.labels[OWNER_LABEL],
        digestLabel: latest.labels[DIGEST_LABEL],
      };
}

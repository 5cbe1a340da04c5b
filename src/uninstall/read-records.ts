// All stored records of one release, read whole: a single listing, the one that helm itself will make.
import type { KubeClient } from '../kube/client.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import type { Release } from '../release/decode.ts';
import { groupReleases, type ReleaseListing } from '../release/group-releases.ts';
import { type RecordSecret, recordLabelSelector } from '../release/record.ts';
import { RecordReader } from './record-reader.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** What was found under the labels of a release. */
export interface ReadRecords {
  /** As the metadata shows it. */
  readonly listing: ReleaseListing;
  /** As the content shows it: `result()`. */
  readonly reader: RecordReader;
  /** Every Secret that was found. */
  readonly metas: readonly ObjectMeta[];
}

/** Records in memory at once: each may hold a megabyte, and there may be any number. */
const recordsPerPage = 10;

/** Reads. @throws ApiError where the records cannot be listed; what cannot be decoded is told by the reader */
export async function readRecords(
  client: KubeClient,
  { namespace, name }: ReleaseKey,
  options: {
    readonly signal?: AbortSignal | undefined;
    /** Given each that can be read, as it says itself: memory holds one at a time. */
    readonly onRelease?: (release: Release) => void;
  } = {},
): Promise<ReadRecords> {
  const reader = new RecordReader();
  const metas: ObjectMeta[] = [];
  const pages = client.pages<RecordSecret>(CoreResources.secrets, {
    namespace,
    labelSelector: `${recordLabelSelector},name=${name}`,
    pageSize: recordsPerPage,
    signal: options.signal,
  });
  for await (const page of pages) {
    for (const secret of page.items) {
      metas.push(secret.metadata);
      const release = await reader.read(secret);
      if (release !== undefined) options.onRelease?.(release);
    }
  }
  return { listing: groupReleases(metas), reader, metas };
}

// How far a release is on its way back: nothing stored, written back, brought back, or a name that somebody else uses.
import type { KubeClient } from '../kube/client.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import { contentDigest } from '../release/content-digest.ts';
import { decodeRelease, RecordError, type Release } from '../release/decode.ts';
import { isRecord, parseRecord, type ReleaseRecord, recordLabelSelector } from '../release/record.ts';
import type { RecordSecret } from '../uninstall/record-reader.ts';
import type { ReleaseKey } from '../uninstall/uninstaller.ts';

/** In `info.description` of the record that is written back: by this a restore that was killed is known again. */
export const writtenBackDescription = 'Purged; brought back by purge restore';

/** Where a release stands. */
export type Standing =
  | { readonly at: 'gone' }
  /** The record is there; helm has not rolled back to it, or not to the end. */
  | { readonly at: 'written-back' }
  | { readonly at: 'restored'; readonly revision: number; readonly isChanged: boolean }
  | { readonly at: 'in-use'; readonly why: string };

/** Looks at the stored records. `copy` is what is to come back. @throws ApiError */
export async function standingOf(
  client: KubeClient,
  copy: Release,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Standing> {
  const metas = await listRecords(client, copy, options);
  if (metas.length === 0) return { at: 'gone' };
  const records = metas.map(parseRecord).filter(isRecord);
  const [latest] = records.toSorted((a, b) => b.revision - a.revision);
  if (latest === undefined || records.length < metas.length) {
    return { at: 'in-use', why: 'there are Secrets that claim to be its records' };
  }
  const written = records.find(({ revision }) => revision === copy.revision);
  const own = written === undefined ? undefined : await readRecord(client, written, options);
  const isOurs = own !== undefined && isSameContent(own, copy) && own.description === writtenBackDescription;
  if (!isOurs) return inUse(latest);
  if (latest.revision === copy.revision) return { at: 'written-back' };
  const now = await readRecord(client, latest, options);
  const isChanged = now === undefined || !isSameContent({ ...now, revision: copy.revision }, copy);
  if (latest.status === 'deployed') return { at: 'restored', revision: latest.revision, isChanged };
  const isHalfRestored = !isChanged && (latest.status === 'pending-rollback' || latest.status === 'failed');
  return isHalfRestored ? { at: 'written-back' } : inUse(latest);
}

function inUse({ revision, status }: ReleaseRecord): Standing {
  return { at: 'in-use', why: `revision ${revision} is stored, ${status}` };
}

async function listRecords(
  client: KubeClient,
  { namespace, name }: ReleaseKey,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<readonly ObjectMeta[]> {
  const labelSelector = `${recordLabelSelector},name=${name}`;
  const { items } = await client.list(CoreResources.secrets, {
    namespace,
    labelSelector,
    isMetadataOnly: true,
    signal,
  });
  return items.map(({ metadata }) => metadata);
}

/** Undefined where it is gone, or cannot be read. */
async function readRecord(
  client: KubeClient,
  { namespace, secretName }: ReleaseRecord,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Release | undefined> {
  const secret = await client.find<RecordSecret>(CoreResources.secrets, { namespace, name: secretName, signal });
  try {
    return secret === undefined ? undefined : decodeRelease(secret);
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

function isSameContent(one: Release, other: Release): boolean {
  return contentDigest(one) === contentDigest(other);
}

// How far a release is on its way back: nothing stored, written back, brought back, or a name that somebody else uses.
import type { KubeClient } from '../../kube/client.ts';
import { errorText } from '../../lib/error-text.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { contentDigest } from '../../release/content-digest.ts';
import type { Release } from '../../release/decode.ts';
import { readRecords } from '../../uninstall/read-records.ts';
import type { RecordReader } from '../../uninstall/record-reader.ts';
import { deleteHooksOf, describeHook, recordMismatch } from '../../uninstall/record-trust.ts';

/** In `info.description` of the record that is written back: by this a restore that was killed is known again. */
export const writtenBackDescription = 'Purged; brought back by purge restore';

/** Where a release stands. */
export type Standing =
  | { readonly at: 'gone' }
  /** The record is there, and nothing beside it but what helm left that has not rolled back to it, or not to the end. */
  | { readonly at: 'written-back' }
  | { readonly at: 'restored'; readonly revision: number; readonly isChanged: boolean }
  /** `deleteHook`: of an uninstall that did not end, quoted. */
  | { readonly at: 'in-use'; readonly why: string; readonly deleteHook?: string | undefined }
  | { readonly at: 'untrusted'; readonly why: string };

/**
 * Looks at every stored record: helm sorts them by the revision inside, and removes what the last one names and the copy does
 * not. `copy` is what is to come back. @throws ApiError
 */
export async function standingOf(
  client: KubeClient,
  copy: Release,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Standing> {
  const stored: StoredRevision[] = [];
  const onRelease = (release: Release): void => void stored.push(asStored(release, copy));
  const { reader } = await readRecords(client, copy, { ...options, onRelease });
  const doubt = doubtOf(reader);
  if (doubt !== undefined) return { at: 'untrusted', why: doubt };
  const [latest] = stored.toSorted((a, b) => b.revision - a.revision);
  if (latest === undefined) return { at: 'gone' };
  const written = stored.find(({ revision }) => revision === copy.revision);
  if (written === undefined || !isOurs(written)) return inUse(latest);
  if (latest !== written && latest.status === 'deployed') {
    return { at: 'restored', revision: latest.revision, isChanged: !latest.isOfCopy };
  }
  const isOnItsWay = stored.every((one) => (one === written ? isBehind(one) : isAttempt(one, copy)));
  return isOnItsWay ? { at: 'written-back' } : inUse(latest);
}

/** What is kept of a record once it was read: it may be a megabyte. */
interface StoredRevision {
  readonly revision: number;
  readonly status: string;
  readonly description: string;
  /** Save for the revision. */
  readonly isOfCopy: boolean;
  readonly deleteHook: string | undefined;
}

function asStored(release: Release, copy: Release): StoredRevision {
  const { revision, status, description } = release;
  const isOfCopy = contentDigest({ ...release, revision: copy.revision }) === contentDigest(copy);
  const [hook] = deleteHooksOf(release);
  const deleteHook = hook === undefined ? undefined : quoteUntrusted(describeHook(hook));
  return { revision, status, description, isOfCopy, deleteHook };
}

/** As a clause; undefined where what each record says can be believed. */
function doubtOf(reader: RecordReader): string | undefined {
  const { unread } = reader;
  if (unread !== undefined) return `record ${unread.secretName} cannot be read: ${errorText(unread.error)}`;
  return recordMismatch(reader.identities());
}

function isOurs({ isOfCopy, description }: StoredRevision): boolean {
  return isOfCopy && description === writtenBackDescription;
}

/** helm calls it superseded once a rollback to it has failed (tried). */
function isBehind({ status }: StoredRevision): boolean {
  return status === 'uninstalled' || status === 'superseded';
}

/** What a rollback that did not end leaves: content of the copy, under a revision of its own. */
function isAttempt({ revision, status, isOfCopy }: StoredRevision, copy: Release): boolean {
  return isOfCopy && revision > copy.revision && attemptStatuses.has(status);
}

const attemptStatuses: ReadonlySet<string> = new Set(['pending-rollback', 'failed', 'superseded']);

function inUse({ revision, status, deleteHook }: StoredRevision): Standing {
  const why = `revision ${revision} is stored, ${status}`;
  return { at: 'in-use', why, ...(status === 'uninstalling' ? { deleteHook } : {}) };
}

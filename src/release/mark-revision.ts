// Writing another state into one stored revision: a lock that nobody holds any more becomes a failure (DESIGN.md O9), a release
// that is about to go becomes `uninstalling` (P9).
import type { KubeClient } from '../kube/client.ts';
import { ApiError, isApiError } from '../kube/errors.ts';
import { acceptOf } from '../kube/request-parts.ts';
import { CoreResources, describeLocation, resourcePath } from '../kube/resource.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { decodeRelease, RecordError } from './decode.ts';
import { rewriteStatus } from './encode.ts';
import {
  isRecord,
  parseRecord,
  type RecordSecret,
  type ReleaseRecord,
  type ReleaseStatus,
  recordSecretName,
  recordSecretType,
} from './record.ts';

/** Which revision, and what it is to say. */
export interface MarkRevisionRequest {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** For `helm history`. */
  readonly description: string;
  /** Whether an uninstall begins: then the record says when. Default false. */
  readonly isDeletion?: boolean;
  /** The record as it was seen when this was decided: any other one is left alone. */
  readonly expected: Pick<ReleaseRecord, 'uid' | 'resourceVersion'>;
}

/** Options of {@link markRevision}. */
export interface MarkRevisionOptions {
  readonly fieldManager: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the record, proves that it is what its metadata says (DESIGN.md P1), and replaces it: by the rights that helm needs
 * too (`get`, `update`). Gives back the record as it is now.
 * @throws ApiError `API_CONFLICT` where the record is not the expected one any more, `API_NOT_FOUND` where it is gone;
 * RecordError where it cannot be read, or says something else inside than outside
 */
export async function markRevision(
  client: KubeClient,
  request: MarkRevisionRequest,
  options: MarkRevisionOptions,
): Promise<ReleaseRecord> {
  const { signal } = options;
  const location = { namespace: request.namespace, name: recordSecretName(request.name, request.revision) };
  const secret = await client.get<RecordSecret>(CoreResources.secrets, { ...location, signal });
  const what = `mark ${describeLocation(CoreResources.secrets, location)} as ${request.status}`;
  const { uid, resourceVersion } = secret.metadata;
  if (uid !== request.expected.uid || resourceVersion !== request.expected.resourceVersion) {
    throw new ApiError('API_CONFLICT', `cannot ${what}: it was changed meanwhile`);
  }
  requireHonest(secret, request);
  return writeMark(client, secret, { ...request, ...options });
}

/**
 * Replaces a record that was read, and proved to be what it says: it, and none that stands there by now.
 * @throws as {@link markRevision}
 */
export async function writeMark(
  client: KubeClient,
  secret: RecordSecret,
  options: Pick<MarkRevisionRequest, 'status' | 'description' | 'isDeletion'> & MarkRevisionOptions,
): Promise<ReleaseRecord> {
  const { fieldManager, clock = systemClock, signal, ...change } = options;
  const { namespace, name } = secret.metadata;
  const location = { namespace, name };
  const { data, labels } = rewriteStatus(secret, { ...change, nowMs: clock.now() });
  const put = client.raw<Pick<RecordSecret, 'metadata'>>({
    method: 'PUT',
    path: resourcePath(CoreResources.secrets, location),
    query: { fieldManager, fieldValidation: 'Strict' },
    ...acceptOf('one', { isMetadataOnly: true }), // the payload comes from here: it need not come back
    body: { ...secret, data, metadata: { ...secret.metadata, labels } },
    what: `mark ${describeLocation(CoreResources.secrets, location)} as ${change.status}`,
    signal,
  });
  const written = await put.catch(async (error: unknown) => {
    if (!isApiError(error, 'API_CONFLICT')) throw error;
    // the first answer may have been lost: what was sent again met what we had written ourselves
    const now = await client.find<RecordSecret>(CoreResources.secrets, { ...location, signal });
    const isOurs = now?.metadata.uid === secret.metadata.uid && now?.data?.release === data.release;
    if (now === undefined || !isOurs) throw error;
    return now;
  });
  const record = parseRecord(written.metadata);
  if (!isRecord(record)) throw dishonest(secret, record.reason);
  return record;
}

/** Name, labels and content agree, and are those of the revision. */
function requireHonest(secret: RecordSecret, { namespace, name, revision }: MarkRevisionRequest): void {
  if (secret.type !== recordSecretType) {
    throw dishonest(secret, 'is not a Secret of the type that Helm gives its records');
  }
  const outside = parseRecord(secret.metadata);
  if (!isRecord(outside)) throw dishonest(secret, outside.reason);
  const inside = decodeRelease(secret);
  const isHonest =
    inside.name === name &&
    inside.namespace === namespace &&
    inside.revision === revision &&
    inside.status === outside.status;
  if (!isHonest) throw dishonest(secret, 'says another name, namespace, revision or state inside than outside');
}

function dishonest({ metadata }: RecordSecret, reason: string): RecordError {
  return new RecordError('RECORD_UNREADABLE', `secret ${metadata.namespace}/${metadata.name} ${reason}`, {
    isTerminal: true,
    remedy: 'Somebody changed the record: look at who may write Secrets in the namespace.',
  });
}

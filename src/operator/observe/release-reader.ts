// One release record, read whole and checked against its name: what is deployed, and of which objects.
import type { KubeClient } from '../../kube/client.ts';
import { CoreResources } from '../../kube/resource.ts';
import { decodeRelease, RecordError, type Release } from '../../release/decode.ts';
import { type RecordSecret, recordSecretName } from '../../release/record.ts';

/** Which revision. */
export interface RevisionKey {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
}

/** A record's content, with the Secret it came from. */
export interface ReadRelease {
  readonly secret: RecordSecret;
  readonly release: Release;
}

/**
 * Reads a revision's record. @throws ApiError; RecordError where it cannot be decoded, or says that it is of another
 * release (DESIGN.md O7: whoever writes Secrets in the namespace can forge one)
 */
export async function readRelease(
  client: KubeClient,
  key: RevisionKey,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ReadRelease> {
  const secret = await client.get<RecordSecret>(CoreResources.secrets, {
    namespace: key.namespace,
    name: recordSecretName(key.name, key.revision),
    signal: options.signal,
  });
  const release = decodeRelease(secret);
  if (release.name !== key.name || release.namespace !== key.namespace || release.revision !== key.revision) {
    throw new RecordError(
      'RECORD_UNREADABLE',
      `record ${secret.metadata.name} in ${key.namespace} says that it is of ${release.namespace}/${release.name} revision ${release.revision}`,
      { isTerminal: true, remedy: 'Somebody changed the record: look at who may write Secrets in the namespace.' },
    );
  }
  return { secret, release };
}

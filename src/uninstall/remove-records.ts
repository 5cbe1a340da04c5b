// Removing the stored records of a release, when its objects are gone.
import type { KubeClient } from '../kube/client.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import { asError } from '../lib/error-text.ts';
import { recordLabelSelector, recordSecretType } from '../release/record.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** What became of the records. */
export interface RecordsRemoval {
  /** Names of the Secrets. */
  readonly removed: readonly string[];
  readonly failed: readonly {
    readonly object: { readonly group: ''; readonly kind: 'Secret'; readonly namespace: string; readonly name: string };
    readonly error: Error;
  }[];
}

/** A record's Secret, and no other that may have its name. */
export interface RecordRef {
  readonly secretName: string;
  readonly uid: string;
}

/** Those records as references, oldest revision first. */
export function recordRefs(metas: readonly ObjectMeta[]): readonly RecordRef[] {
  return metas.toSorted(byRevision).map(({ name: secretName, uid }) => ({ secretName, uid }));
}

/**
 * Removes the Secrets of Helm's type that are labelled as the release's records, each by its uid, oldest revision first:
 * where one fails, what is left names the latest. @throws only the signal's reason
 */
export async function removeRecords(
  client: KubeClient,
  { namespace, name }: ReleaseKey,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RecordsRemoval> {
  const { signal } = options;
  const removed: string[] = [];
  let current = `sh.helm.release.v1.${name}.*`;
  try {
    const { items } = await client.list(CoreResources.secrets, {
      namespace,
      labelSelector: `${recordLabelSelector},name=${name}`,
      fieldSelector: `type=${recordSecretType}`,
      isMetadataOnly: true,
      signal,
    });
    for (const { uid, name: secretName } of items.map(({ metadata }) => metadata).sort(byRevision)) {
      current = secretName;
      await client.delete(CoreResources.secrets, { namespace, name: secretName, uid, signal });
      removed.push(secretName);
    }
    return { removed, failed: [] };
  } catch (error) {
    signal?.throwIfAborted();
    const object = { group: '', kind: 'Secret', namespace, name: current } as const;
    return { removed, failed: [{ object, error: asError(error) }] };
  }
}

function byRevision(a: ObjectMeta, b: ObjectMeta): number {
  const [first, second] = [a, b].map(({ labels }) => Number(labels?.version) || 0);
  return (first ?? 0) - (second ?? 0);
}

// Whether a namespace is the one where a run purged: copies and accounts go with their namespace.
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { CoreResources } from '../../kube/resource.ts';
import type { UndoNote } from '../record/run-recorder.ts';

/** `another`: deleted since, or deleted and made anew. `unknown`: it may not be read, or its uid was not noted. */
export type NamespaceFate = 'same' | 'another' | 'unknown';

/** Looks, with the caller's own rights. @throws ApiError */
export async function namespaceFate(
  client: KubeClient,
  { namespace, namespaceUid }: Pick<UndoNote, 'namespace' | 'namespaceUid'>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<NamespaceFate> {
  try {
    const found = await client.find(CoreResources.namespaces, { name: namespace, ...options });
    if (found === undefined) return 'another';
    if (namespaceUid === undefined) return 'unknown';
    return found.metadata.uid === namespaceUid ? 'same' : 'another';
  } catch (error) {
    if (isApiError(error, 'API_FORBIDDEN')) return 'unknown';
    throw error;
  }
}

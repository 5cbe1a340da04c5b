// Deleting one object if it is still the one that was seen, and nobody else's (DESIGN.md P2).
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import type { Resource } from '../kube/resource.ts';
import { asError } from '../lib/error-text.ts';
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import { type NamedObject, ownerOf, ownershipOf, readLive } from './ownership.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** What an object is kept for. */
export type KeptRule = 'replaced' | 'of-another-release' | 'unmarked' | 'resource-policy';

/** What became of an object. */
export type Fate =
  /** It is being deleted, or gone by our hand. */
  | { readonly fate: 'deleted' }
  /** It was not there any more. */
  | { readonly fate: 'gone' }
  | { readonly fate: 'kept'; readonly rule: KeptRule; readonly why: string }
  | { readonly fate: 'failed'; readonly error: Error };

/** Which object, as it was when it was known to be the release's. */
export interface SeenObject extends NamedObject {
  readonly uid: string;
}

/** Options of {@link deleteOwned}. */
export interface DeleteOwnedOptions {
  /** The object's type. */
  readonly resource: Resource;
  readonly release: ReleaseKey;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the live metadata, and deletes in the background with the uid as a precondition. What cannot be read or deleted is
 * `failed`; only the signal's reason is thrown.
 */
export async function deleteOwned(client: KubeClient, object: SeenObject, options: DeleteOwnedOptions): Promise<Fate> {
  const { signal } = options;
  try {
    const judged = await judgeLive(client, object, options);
    if ('fate' in judged) return judged;
    return await deleteJudged(client, judged, { ...options, object });
  } catch (error) {
    signal?.throwIfAborted();
    return { fate: 'failed', error: asError(error) };
  }
}

async function deleteJudged(
  client: KubeClient,
  live: ObjectMeta,
  { object, ...options }: DeleteOwnedOptions & { readonly object: SeenObject },
): Promise<Fate> {
  if (live.deletionTimestamp !== undefined) return { fate: 'deleted' }; // somebody else began; a finalizer may hold it
  const { name, namespace, uid } = live;
  try {
    const deletion = await client.delete(options.resource, { name, namespace, uid, signal: options.signal });
    return { fate: deletion === 'absent' ? 'gone' : 'deleted' };
  } catch (error) {
    if (!isApiError(error, 'API_CONFLICT')) throw error;
    // another uid: replaced between the two requests; else the conflict is about something we do not know
    const again = await judgeLive(client, object, options);
    if ('fate' in again) return again;
    throw error;
  }
}

/** The live object where it is to be deleted, else what becomes of it. */
async function judgeLive(
  client: KubeClient,
  object: SeenObject,
  { resource, release, signal }: DeleteOwnedOptions,
): Promise<ObjectMeta | Fate> {
  const live = await readLive(client, object, { resource, releaseNamespace: release.namespace, signal });
  if (live === undefined) return { fate: 'gone' };
  if (live.uid !== object.uid) return kept('replaced', `another object has its name now (uid ${live.uid})`);
  const ownership = ownershipOf(live, release);
  if (ownership === 'of-another') {
    return kept('of-another-release', `it is of release ${quoteUntrusted(ownerOf(live))} now`);
  }
  if (ownership === 'unmarked' && live.namespace !== release.namespace) {
    return kept('unmarked', "it is outside the release's namespace and does not carry the release's marks");
  }
  const policy = live.annotations?.['helm.sh/resource-policy'];
  if (policy !== undefined) {
    return kept('resource-policy', `it is annotated helm.sh/resource-policy: ${quoteUntrusted(policy)}`);
  }
  return live;
}

function kept(rule: KeptRule, why: string): Fate {
  return { fate: 'kept', rule, why };
}

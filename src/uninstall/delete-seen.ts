// Deleting an object in the state in which it was seen, and in no other before it was looked at again (DESIGN.md P2).
import type { Deletion } from '../kube/call-options.ts';
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { RequestGate } from '../kube/http.ts';
import type { KubeObject, ObjectMeta } from '../kube/objects.ts';
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import { deletesItsClaims, hasClaims } from './claim-retention.ts';
import { UninstallError } from './errors.ts';
import { ownerOf, ownershipOf } from './ownership.ts';
import type { LiveObject } from './prove-release.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** Of which release, and how. */
export interface DeleteSeenOptions extends ReleaseKey {
  readonly client: KubeClient;
  readonly limit: RequestGate;
  /** Default background. */
  readonly cascade?: 'background' | 'foreground' | undefined;
  /** Whether volume claims stay. Default false. */
  readonly shouldKeepClaims?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** Its spec is there where all of it is read. */
type Whole = KubeObject & { readonly spec?: unknown };

/** So often it is looked at again. What changes all the time, as the status of what is starting, goes by its uid then. */
const maxLooks = 3;

/**
 * Deletes by uid and version. Where it changed meanwhile, what it is now is looked at first.
 * @throws ApiError, `API_CONFLICT` where another object has its name; UninstallError where it is not the release's any more, or
 * would take claims with it that are to stay; the signal's reason
 */
export async function deleteSeen(seen: LiveObject, options: DeleteSeenOptions): Promise<Deletion> {
  const { client, limit, signal } = options;
  const { resource } = seen;
  const propagation = options.cascade === 'foreground' ? 'Foreground' : 'Background';
  let { meta } = seen;
  for (let looks = 0; ; looks += 1) {
    if (meta.deletionTimestamp !== undefined) return 'going'; // somebody else began; a finalizer may hold it
    const { name, namespace, uid } = meta;
    const isLast = looks === maxLooks;
    const resourceVersion = isLast ? undefined : meta.resourceVersion;
    const attempt = { name, namespace, uid, resourceVersion, propagation, signal } as const;
    try {
      return await limit(() => client.delete(resource, attempt));
    } catch (error) {
      if (isLast || !isApiError(error, 'API_CONFLICT')) throw error;
      const isMetadataOnly = !hasClaims(resource);
      const now = await limit(() => client.find<Whole>(resource, { name, namespace, isMetadataOnly, signal }));
      if (now === undefined) return 'absent';
      // whatever its marks say: they name a release, and not which of two that had the name
      if (now.metadata.uid !== uid) throw error;
      requireStillOurs(now.metadata, { ...seen, ...options });
      if (options.shouldKeepClaims === true && deletesItsClaims(now)) throw claimsAtRisk();
      meta = now.metadata;
    }
  }
}

function requireStillOurs(now: ObjectMeta, given: Pick<LiveObject, 'mustBeMarked'> & ReleaseKey): void {
  const ownership = ownershipOf(now, given);
  if (ownership === 'of-another') {
    const message = `it is of release ${quoteUntrusted(ownerOf(now))} now`;
    throw new UninstallError('OBJECT_OF_ANOTHER_RELEASE', message);
  }
  if (ownership === 'unmarked' && given.mustBeMarked) {
    throw new UninstallError('OBJECT_UNMARKED', 'it does not carry the marks of this release any more');
  }
}

function claimsAtRisk(): UninstallError {
  return new UninstallError('VOLUME_AT_RISK', 'it deletes its volume claims with itself by now (volumes: Keep)');
}

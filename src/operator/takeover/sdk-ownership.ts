// Whether a release without our label is the one that operator-sdk's helm-operator made for this very resource (DESIGN.md O6).
// Its record may be forged (O7), so the proof are the live objects, which carry the resource's mark.
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { isApiError } from '../../kube/errors.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { gvkOf, type Resource } from '../../kube/resource.ts';
import { RecordError } from '../../release/decode.ts';
import { type ManifestObject, parseManifest, resourcePolicyOf } from '../../release/manifest.ts';
import { readLive } from '../../uninstall/ownership.ts';
import { type ReadRelease, type RevisionKey, readRelease } from '../observe/release-reader.ts';
import { type SdkOwner, sdkMarkOf } from './sdk-traces.ts';

/** What is asked, and with what. */
export interface SdkProofRequest {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly owner: SdkOwner;
  /** The latest revision. */
  readonly release: RevisionKey;
  readonly signal?: AbortSignal | undefined;
}

/** A live object of the release that carries the resource's mark. */
export interface SdkObject {
  readonly resource: Resource;
  readonly meta: ObjectMeta;
}

/** What was found. */
export interface SdkProof {
  /** Why the release is not proved to be the resource's, as a clause; undefined where it is. */
  readonly doubt?: string;
  /** Undefined where the record cannot be read. */
  readonly read?: ReadRelease;
  /** The objects that carry the mark, in the manifest's order. */
  readonly objects: readonly SdkObject[];
}

/** More than a chart has: each costs a request. */
const maxObjects = 2_000;

/**
 * Reads the record, and the metadata of every object that it names. Proved is a release of which every object that is
 * there carries the resource's mark, and one of them, or with none left the record, its uid: names come again, uids do not.
 * @throws ApiError where the API server cannot be asked
 */
export async function proveSdkOwnership(request: SdkProofRequest): Promise<SdkProof> {
  try {
    const read = await readRelease(request.client, request.release, request);
    const manifest = parseManifest(read.release.manifest);
    if (manifest.length > maxObjects)
      return { doubt: `its manifest names more than ${maxObjects} objects`, objects: [] };
    const found = await Promise.all(manifest.map((object) => look(object, request)));
    const objects = found.filter((each) => each !== undefined);
    const marked = objects.filter(({ mark }) => mark !== 'none');
    const doubt = doubtOf(objects, { isRecordMarked: sdkMarkOf(read.secret.metadata, request.owner) === 'reference' });
    return { ...(doubt === undefined ? {} : { doubt }), read, objects: marked };
  } catch (error) {
    if (error instanceof RecordError || isApiError(error, 'API_NOT_FOUND', 'API_FORBIDDEN', 'API_INVALID')) {
      return { doubt: error.message, objects: [] };
    }
    throw error;
  }
}

interface SeenObject extends SdkObject {
  readonly what: string;
  readonly mark: ReturnType<typeof sdkMarkOf>;
  /** The mark is a reference wherever one can be, unless the object is to outlive the resource. */
  readonly isReferenceNeeded: boolean;
}

function doubtOf(
  objects: readonly SeenObject[],
  { isRecordMarked }: { readonly isRecordMarked: boolean },
): string | undefined {
  const stranger = objects.find(
    ({ mark, isReferenceNeeded }) => mark === 'none' || (isReferenceNeeded && mark !== 'reference'),
  );
  if (stranger !== undefined) return `${stranger.what} does not carry operator-sdk's mark of this resource`;
  const isProved = isRecordMarked || objects.some(({ mark }) => mark === 'reference');
  return isProved ? undefined : 'nothing of it carries the uid of this resource';
}

/** The live object; undefined where it is not there, or its kind is not served any more. */
async function look(object: ManifestObject, request: SdkProofRequest): Promise<SeenObject | undefined> {
  const { client, discovery, owner, release, signal } = request;
  const { group, kind } = gvkOf(object);
  const resource = await discovery.findPreferred({ group, kind });
  if (resource === undefined) return undefined;
  const meta = await readLive(client, object.metadata, { resource, releaseNamespace: release.namespace, signal });
  if (meta === undefined) return undefined;
  const canRefer = owner.namespace === undefined || meta.namespace === owner.namespace;
  return {
    resource,
    meta,
    what: `${kind}/${meta.name}`,
    mark: sdkMarkOf(meta, owner),
    isReferenceNeeded: canRefer && resourcePolicyOf(object) === undefined,
  };
}

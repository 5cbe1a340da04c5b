// Whether the release of a resource's name is the one that its status names: numbers come again with a release that somebody
// installed anew, content and times do not (DESIGN.md O6).
import type { ReleaseSnapshot } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { contentDigest } from '../../release/content-digest.ts';
import { RecordError } from '../../release/decode.ts';
import type { ObservedRelease, ObservedResource } from './observation.ts';
import type { ReleaseKey } from './release-cache.ts';
import { readRelease } from './release-reader.ts';

/** What is asked, and with what. */
export interface NamedRequest {
  readonly client: KubeClient;
  /** The release that has the resource's name. */
  readonly key: ReleaseKey;
  /** Its latest revision. */
  readonly release: ObservedRelease;
  readonly resource: ObservedResource;
  readonly signal?: AbortSignal | undefined;
}

/** What a record says it holds; a clause where it cannot be read. */
type Seen = Pick<ReleaseSnapshot, 'contentDigest' | 'firstDeployed' | 'lastDeployed'> | string;

/** More releases without a label than anybody has: what is forgotten is read again. */
const maxRemembered = 1_000;

/** Reads each record once, as long as it stays as it is. */
export class NamedRevisions {
  /** By the record's uid and version. */
  readonly #seen = new Map<string, Seen>();

  /**
   * What speaks against a revision being the one that the status names, as a clause; undefined where nothing does. Where the
   * status has no digest of the content, as of a release that was taken over, the moment of the deployment tells.
   * @throws ApiError where the record cannot be asked for
   */
  async doubtOf(request: NamedRequest): Promise<string | undefined> {
    const { resource, release } = request;
    const noted = resource.status?.release;
    const seen = await this.#look(request);
    if (typeof seen === 'string') return seen;
    const isSameContent =
      noted?.contentDigest === undefined
        ? noted?.lastDeployed === seen.lastDeployed
        : noted.contentDigest === seen.contentDigest;
    if (isSameContent && noted?.firstDeployed === seen.firstDeployed) return undefined;
    return `it is not the revision ${release.revision} that was deployed here: ${isSameContent ? 'it was installed at another time' : 'its content is another'}`;
  }

  async #look(request: NamedRequest): Promise<Seen> {
    const { uid, resourceVersion } = request.release.record;
    const key = `${uid} ${resourceVersion}`;
    const held = this.#seen.get(key);
    if (held !== undefined) return held;
    const seen = await read(request);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size >= maxRemembered && oldest !== undefined) this.#seen.delete(oldest);
    this.#seen.set(key, seen);
    return seen;
  }
}

async function read({ client, key, release: { revision, record }, signal }: NamedRequest): Promise<Seen> {
  try {
    const { secret, release } = await readRelease(client, { ...key, revision }, { signal });
    if (secret.metadata.uid !== record.uid) return 'its record has just been replaced';
    const { firstDeployed, lastDeployed } = release;
    return {
      contentDigest: contentDigest(release),
      ...(firstDeployed === undefined ? {} : { firstDeployed }),
      ...(lastDeployed === undefined ? {} : { lastDeployed }),
    };
  } catch (error) {
    if (error instanceof RecordError) return error.message;
    if (isApiError(error, 'API_NOT_FOUND')) return 'its record is gone';
    throw error;
  }
}

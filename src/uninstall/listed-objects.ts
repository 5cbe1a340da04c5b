// The live metadata of many releases' objects, read by the page: a namespace that is cleared has hundreds of them.
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { type Resource, resourcePath } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import { recently } from '../lib/recently.ts';
import { type NamedObject, namespaceOf, ownershipOf, readLive } from './ownership.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** What listing takes. */
export interface ListedObjectsOptions {
  readonly client: KubeClient;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Releases that are to go, by namespace: of a namespace with few of them nothing is listed. */
  readonly releases: ReadonlyMap<string, number>;
}

/** From so many releases on a page costs less than their objects one by one. */
const minReleases = 3;

/** One page of a kind is read, and no more: what is not on it is asked for by its name. */
const pageSize = 250;

/** How old a page may be: what changed since it was read is not deleted by it. */
const believedMs = 30_000;

/** helm labels what it makes. What lacks the label is asked for by its name. */
const labelSelector = 'app.kubernetes.io/managed-by=Helm';

/** Whose object, of which type. */
export interface LiveReaderOptions {
  readonly resource: Resource;
  readonly release: ReleaseKey;
  readonly signal?: AbortSignal | undefined;
}

/** Gives the metadata of a live object, undefined where there is none. @throws ApiError */
export type LiveReader = (object: NamedObject, options: LiveReaderOptions) => Promise<ObjectMeta | undefined>;

type Page = ReadonlyMap<string, ObjectMeta>;
interface PageKey {
  readonly resource: Resource;
  readonly namespace: string;
}

/**
 * Reads objects by their namespace's page. Only what is plainly the release's is believed; all else is asked for by its name,
 * at once. What a page says may be half a minute old: delete by it with its `resourceVersion`.
 */
export function listedObjects({ client, clock, releases }: ListedObjectsOptions): LiveReader {
  const pages = recently((key: PageKey) => readPage(client, key), {
    clock,
    maxAgeMs: believedMs,
    keyOf: ({ resource, namespace }) => resourcePath(resource, { namespace }),
  });
  return async (object, { resource, release, signal }) => {
    const where = { resource, releaseNamespace: release.namespace, signal };
    const namespace = namespaceOf(object, where);
    const isListed = namespace !== undefined && (releases.get(namespace) ?? 0) >= minReleases;
    const listed = isListed ? (await pages({ resource, namespace })).get(object.name) : undefined;
    const isPlain =
      listed !== undefined && listed.deletionTimestamp === undefined && ownershipOf(listed, release) === 'ours';
    return isPlain ? listed : readLive(client, object, where);
  };
}

/** Empty where it cannot be listed: one by one they may be read all the same. */
async function readPage(client: KubeClient, { resource, namespace }: PageKey): Promise<Page> {
  const pages = client.pages(resource, { namespace, labelSelector, pageSize, isMetadataOnly: true });
  try {
    for await (const { items } of pages) return new Map(items.map(({ metadata }) => [metadata.name, slim(metadata)]));
  } catch (error) {
    if (!isApiError(error) || isApiError(error, 'API_TOO_MANY_REQUESTS')) throw error;
  }
  return new Map();
}

/** Most of it says who set which field. */
function slim({ managedFields: _managedFields, ...rest }: ObjectMeta): ObjectMeta {
  return rest;
}

// The live metadata of many releases' objects, read by the page: a namespace that is cleared has hundreds of them.
import pLimit from 'p-limit';
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { type Resource, resourcePath } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import { recently } from '../lib/recently.ts';
import { marksOf, type NamedObject, namespaceOf, ownershipOf, readLive } from './ownership.ts';
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

/** One page of a kind is read, and no more: what is not on it is asked for by its name. Metadata may be 300 kB an object. */
const pageSize = 100;

/** Pages that are read at once, of all namespaces. */
const pagesAtOnce = 4;

/** A page that takes longer than this is given up: one object may be read sooner than a hundred. */
const pageMs = 5_000;

/**
 * How old a page may be. What changed since is not deleted by it, but costs the release its wholeness: by then it is marked,
 * and other objects may be gone.
 */
const believedMs = 5_000;

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
 * at once. What a page says may be seconds old: delete by it with its `resourceVersion`. A kind that cannot be listed, or has
 * more objects than a page, is not listed in that namespace again.
 */
export function listedObjects({ client, clock, releases }: ListedObjectsOptions): LiveReader {
  const unlisted = new Set<string>();
  const limit = pLimit(pagesAtOnce);
  const readOnce = async (key: PageKey): Promise<Page> => {
    const { page, isWhole } = await limit(() => readPage(client, key));
    if (!isWhole) unlisted.add(pathOf(key));
    return page;
  };
  const pages = recently(readOnce, { clock, maxAgeMs: believedMs, keyOf: pathOf });
  return async (object, { resource, release, signal }) => {
    const where = { resource, releaseNamespace: release.namespace, signal };
    const namespace = namespaceOf(object, where);
    if (namespace !== undefined && (releases.get(namespace) ?? 0) >= minReleases) {
      const key = { resource, namespace };
      const listed = unlisted.has(pathOf(key)) ? undefined : (await pages(key)).get(object.name);
      if (listed !== undefined && isPlain(listed, release)) return listed;
    }
    return readLive(client, object, where);
  };
}

function pathOf({ resource, namespace }: PageKey): string {
  return resourcePath(resource, { namespace });
}

function isPlain(meta: ObjectMeta, release: ReleaseKey): boolean {
  const isNamed = meta.uid !== '' && meta.resourceVersion !== ''; // without them no delete is bound to it
  return isNamed && meta.deletionTimestamp === undefined && ownershipOf(meta, release) === 'ours';
}

/** Nothing where it cannot be listed: one by one they may be read all the same. @throws ApiError where the server has no time */
async function readPage(
  client: KubeClient,
  { resource, namespace }: PageKey,
): Promise<{ readonly page: Page; readonly isWhole: boolean }> {
  const signal = AbortSignal.timeout(pageMs);
  const options = { namespace, labelSelector, pageSize, isMetadataOnly: true, isRepeated: false, signal };
  try {
    for await (const { items, continueToken } of client.pages(resource, options)) {
      const page = new Map(items.map(({ metadata }) => [metadata.name, slim(metadata)]));
      return { page, isWhole: continueToken === undefined };
    }
  } catch (error) {
    if (isApiError(error, 'API_TOO_MANY_REQUESTS')) throw error;
  }
  return { page: new Map(), isWhole: false };
}

/** What is asked of it: annotations may be large, and a page is kept for a while. */
function slim(meta: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, deletionTimestamp } = meta;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    resourceVersion,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    annotations: marksOf(meta),
  };
}

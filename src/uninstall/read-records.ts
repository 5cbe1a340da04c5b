// All stored records of a release, read whole: in the listing that helm itself will make, or in one for several releases.
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import type { Release } from '../release/decode.ts';
import { groupReleases, type ReleaseListing } from '../release/group-releases.ts';
import { type RecordSecret, recordLabelSelector } from '../release/record.ts';
import { RecordReader } from './record-reader.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** What was found under the labels of a release. */
export interface ReadRecords {
  /** As the metadata shows it. */
  readonly listing: ReleaseListing;
  /** As the content shows it: `result()`. */
  readonly reader: RecordReader;
  /** Every Secret that was found. */
  readonly metas: readonly ObjectMeta[];
  /** How many bytes of memory those take, about. */
  readonly metaBytes: number;
}

/** Records in memory at once: each may hold a megabyte, and there may be any number. */
const recordsPerPage = 10;

/** What is told of each record that can be read. */
interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Given each that can be read, as it says itself: memory holds one at a time. */
  readonly onRelease?: (release: Release) => void;
}

/** Reads. @throws ApiError where the records cannot be listed; what cannot be decoded is told by the reader */
export async function readRecords(
  client: KubeClient,
  { namespace, name }: ReleaseKey,
  { signal, onRelease }: ReadOptions = {},
): Promise<ReadRecords> {
  const reading = new Reading();
  for await (const secret of recordsIn(client, { namespace, name, signal })) {
    const release = await reading.add(secret);
    if (release !== undefined) onRelease?.(release);
  }
  return reading.end();
}

/** Of all releases of one listing: fifty usual ones take a third of it. */
const maxTogetherBytes = 8 * 1024 * 1024;

/**
 * As {@link readRecords}, of these releases of one namespace, in one listing of all records there. Undefined where that is no
 * use: it would take too much memory, or the server has given the state of the listing up meanwhile.
 */
export async function readRecordsOfMany(
  client: KubeClient,
  { namespace, names }: { readonly namespace: string; readonly names: readonly string[] },
  { signal }: Pick<ReadOptions, 'signal'> = {},
): Promise<Map<string, ReadRecords> | undefined> {
  const readings = new Map(names.map((name) => [name, new Reading()]));
  let bytes = 0;
  try {
    for await (const secret of recordsIn(client, { namespace, signal })) {
      const reading = readings.get(secret.metadata.labels?.name ?? '');
      if (reading === undefined) continue;
      bytes -= reading.heldBytes;
      await reading.add(secret);
      bytes += reading.heldBytes;
      if (bytes > maxTogetherBytes) return undefined;
    }
  } catch (error) {
    if (isApiError(error, 'API_GONE')) return undefined;
    throw error;
  }
  return new Map([...readings].map(([name, reading]) => [name, reading.end()]));
}

class Reading {
  readonly #reader = new RecordReader();
  readonly #metas: ObjectMeta[] = [];
  #metaBytes = 0;

  get heldBytes(): number {
    return this.#reader.heldBytes + this.#metaBytes;
  }

  add(secret: RecordSecret): Promise<Release | undefined> {
    this.#metas.push(secret.metadata);
    this.#metaBytes += JSON.stringify(secret.metadata).length;
    return this.#reader.read(secret);
  }

  end(): ReadRecords {
    const [reader, metas, metaBytes] = [this.#reader, this.#metas, this.#metaBytes];
    return { listing: groupReleases(metas), reader, metas, metaBytes };
  }
}

async function* recordsIn(
  client: KubeClient,
  {
    namespace,
    name,
    signal,
  }: { readonly namespace: string; readonly name?: string; readonly signal: AbortSignal | undefined },
): AsyncGenerator<RecordSecret, void, undefined> {
  const pages = client.pages<RecordSecret>(CoreResources.secrets, {
    namespace,
    labelSelector: name === undefined ? recordLabelSelector : `${recordLabelSelector},name=${name}`,
    pageSize: recordsPerPage,
    signal,
  });
  for await (const page of pages) yield* page.items;
}

// What was read of releases that are to go, for the proof that comes a moment later: it need not read their records again.
import type { ReadRecords } from './read-records.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** Of all releases together. A usual one takes 80 kB; of those beyond it the records are read again. */
const maxBytes = 96 * 1024 * 1024;

interface Known {
  readonly read: ReadRecords;
  readonly bytes: number;
}

/** Remembered until it is asked for. One for each run. */
export class KnownReleases {
  readonly #known = new Map<string, Known>();
  #bytes = 0;

  /** Keeps what was read of a release, if there is room. Gives whether there was. */
  remember(release: ReleaseKey, read: ReadRecords): boolean {
    const key = keyOf(release);
    this.#remove(key);
    const bytes = read.reader.heldBytes + read.metaBytes;
    if (this.#bytes + bytes > maxBytes) return false;
    this.#known.set(key, { read, bytes });
    this.#bytes += bytes;
    return true;
  }

  /**
   * Gives it once, where the records that were read have this digest: that they are stored still is for whoever asks to
   * find out. Undefined where it is not known.
   */
  take(release: ReleaseKey & { readonly recordsDigest?: string | undefined }): ReadRecords | undefined {
    const read = this.#remove(keyOf(release));
    const stored = read?.listing.releases.find(({ name }) => name === release.name);
    return stored?.recordsDigest === release.recordsDigest ? read : undefined;
  }

  #remove(key: string): ReadRecords | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    this.#known.delete(key);
    this.#bytes -= known.bytes;
    return known.read;
  }
}

function keyOf({ namespace, name }: ReleaseKey): string {
  return `${namespace}/${name}`;
}

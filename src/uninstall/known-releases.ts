// What was read of releases that are to go, for the proof that comes a moment later: it need not read their records again.
import type { ReadRecords } from './read-records.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** Of all releases together. A usual one is 60 kB; of those beyond it the records are read again. */
const maxBytes = 96 * 1024 * 1024;

/** Remembered until it is asked for. One for each run. */
export class KnownReleases {
  readonly #known = new Map<string, ReadRecords>();
  #bytes = 0;

  /** Keeps what was read of a release, if there is room. */
  remember(release: ReleaseKey, read: ReadRecords): void {
    const { heldBytes } = read.reader;
    if (this.#bytes + heldBytes > maxBytes) return;
    this.#known.set(keyOf(release), read);
    this.#bytes += heldBytes;
  }

  /**
   * Gives it once, where the records that were read have this digest: that they are stored still is for whoever asks to
   * find out. Undefined where it is not known.
   */
  take(release: ReleaseKey & { readonly recordsDigest?: string | undefined }): ReadRecords | undefined {
    const key = keyOf(release);
    const read = this.#known.get(key);
    if (read === undefined) return undefined;
    this.#known.delete(key);
    this.#bytes -= read.reader.heldBytes;
    const stored = read.listing.releases.find(({ name }) => name === release.name);
    return stored?.recordsDigest === release.recordsDigest ? read : undefined;
  }
}

function keyOf({ namespace, name }: ReleaseKey): string {
  return `${namespace}/${name}`;
}

// The records of one release, decoded one by one, so that memory holds one of them and the event loop has its turns.
import { setImmediate } from 'node:timers/promises';
import { asError } from '../lib/error-text.ts';
import { RecordError, type Release, readUnpacked, unpackRecord } from '../release/decode.ts';
import { isRecord, parseRecord, type RecordSecret } from '../release/record.ts';
import { UninstallError } from './errors.ts';
import { type DecodedRecord, type ParsedContent, parseContent } from './record-trust.ts';

/** Of all stored revisions: those of the largest charts in use are half of it. */
const maxReleaseBytes = 64 * 1024 * 1024;

/** Text with one character that is not Latin takes two bytes for each. */
const bytesOfCharacter = 2;

/** Of a manifest taken apart, for each word of its syntax. */
const bytesOfWord = 16;

function textLength({ description, manifest, hooks, chart }: Release): number {
  const ofHooks = hooks.reduce((sum, hook) => sum + hook.manifest.length + hook.name.length + hook.kind.length, 0);
  const ofChart = chart.name.length + chart.version.length + (chart.appVersion?.length ?? 0);
  return description.length + manifest.length + ofHooks + ofChart;
}

/** A record that could not be read, by the name of its Secret. */
export interface UnreadRecord {
  readonly secretName: string;
  readonly error: Error;
}

/**
 * Decodes one record after the other: of each only what it says it is stays in memory, and all of the latest and of the one
 * that works. Whatever else is to be done has its turn in between: records are as large as somebody made them.
 */
export class RecordReader {
  readonly #records: DecodedRecord[] = [];
  #latest: Release | undefined;
  #latestRevision = 0;
  #parsed: ParsedContent | undefined;
  #latestSecret: RecordSecret | undefined;
  #deployedRevision = 0;
  #deployedSecret: RecordSecret | undefined;
  #bytes = 0;
  #unread: UnreadRecord | undefined;
  #passedOver: (UnreadRecord & { readonly revision: number }) | undefined;

  /**
   * Gives what stands inside. What cannot be read gives undefined and is told by {@link result}: the listing goes on, its end
   * may tell more.
   */
  async read(secret: RecordSecret): Promise<Release | undefined> {
    if (this.#unread !== undefined) return undefined;
    await setImmediate();
    const record = parseRecord(secret.metadata);
    try {
      if (!isRecord(record)) throw untrusted(`secret ${secret.metadata.name} ${record.reason}`);
      const content = this.#decode(secret);
      const { name, namespace, revision, status } = content;
      const { secretName, ...claimed } = record;
      const said = { name, namespace, revision, status };
      this.#records.push({ secretName, secretType: secret.type ?? '', claimed, said });
      if (claimed.revision > this.#latestRevision) {
        this.#latestRevision = claimed.revision;
        this.#latest = content;
        this.#parsed = undefined;
        this.#latestSecret = secret;
      }
      if (claimed.status === 'deployed' && claimed.revision > this.#deployedRevision) {
        this.#deployedRevision = claimed.revision;
        this.#deployedSecret = secret;
      }
      return content;
    } catch (error) {
      const unread = { secretName: secret.metadata.name, error: asError(error) };
      const revision = isRecord(record) ? record.revision : 0;
      if (!(error instanceof RecordError && error.code === 'RECORD_NO_JSON')) this.#unread = unread;
      else if (revision > (this.#passedOver?.revision ?? 0)) this.#passedOver = { ...unread, revision };
      return undefined;
    }
  }

  /** The record that could not be read; undefined where all could. */
  get unread(): UnreadRecord | undefined {
    return this.#unread ?? this.#passedOver;
  }

  /** @throws RecordError where all that was read is more than a release may hold: each record costs time, as many as there are */
  #decode(secret: RecordSecret): Release {
    const json = unpackRecord(secret);
    this.#bytes += json.length;
    if (this.#bytes <= maxReleaseBytes) return readUnpacked(json);
    const reason = `its records unpack to more than ${maxReleaseBytes / 1024 / 1024} MiB together`;
    throw new RecordError('RECORD_TOO_LARGE', reason);
  }

  /** What each says it is. @throws RecordError, UninstallError where one cannot be read */
  identities(): readonly DecodedRecord[] {
    if (this.unread !== undefined) throw this.unread.error;
    return this.#records;
  }

  /**
   * Those that helm reads too, where it makes a revision of them: one that is no JSON it passes over (tried). `unread` is the
   * first other one that could not be read: helm may read more into it than we do.
   */
  forHelm(): { readonly records: readonly DecodedRecord[]; readonly unread: UnreadRecord | undefined } {
    const passedOver = this.#passedOver;
    // without the latest helm would make a revision that is there already
    const isLatest = passedOver !== undefined && passedOver.revision > this.#latestRevision;
    return { records: this.#records, unread: this.#unread ?? (isLatest ? passedOver : undefined) };
  }

  /** The Secret of the highest revision, whole. Undefined where there is none that could be read. */
  get latestSecret(): RecordSecret | undefined {
    return this.#latestSecret;
  }

  /** That of the newest revision that is labelled `deployed`: it is what worked. Undefined where there is none. */
  get deployedSecret(): RecordSecret | undefined {
    return this.#deployedSecret;
  }

  /** How many bytes of memory it takes, about: all that others have written, of any length. */
  get heldBytes(): number {
    const secrets = new Set([this.#latestSecret, this.#deployedSecret]);
    const bodies = [...secrets].reduce((sum, secret) => sum + (secret?.data?.release?.length ?? 0), 0);
    const wordBytes = this.#parsed === undefined ? 0 : this.#parsed.words * bytesOfWord;
    return bodies + bytesOfCharacter * (this.#latest === undefined ? 0 : textLength(this.#latest)) + wordBytes;
  }

  /** @throws RecordError, UninstallError where a record or the latest manifest cannot be read */
  result(): { readonly records: readonly DecodedRecord[]; readonly latest: ParsedContent } {
    const records = this.identities();
    if (this.#latest === undefined) throw untrusted('its records are gone');
    this.#parsed ??= parseContent(this.#latest);
    return { records, latest: this.#parsed };
  }
}

function untrusted(reason: string): UninstallError {
  return new UninstallError('RECORD_UNTRUSTED', reason);
}

// The records of one release, decoded one by one, so that memory holds one of them and the event loop has its turns.
import { setImmediate } from 'node:timers/promises';
import type { KubeObject } from '../kube/objects.ts';
import { asError } from '../lib/error-text.ts';
import { decodeRelease, type Release } from '../release/decode.ts';
import { isRecord, parseRecord } from '../release/record.ts';
import { UninstallError } from './errors.ts';
import { type DecodedRecord, type ParsedContent, parseContent } from './record-trust.ts';

/** A record's Secret with its data. */
export interface RecordSecret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Decodes one record after the other: of each only what it says it is stays in memory, and the content of the latest.
 * Whatever else is to be done has its turn in between: records are as large as somebody made them.
 */
export class RecordReader {
  readonly #records: DecodedRecord[] = [];
  #latest: Release | undefined;
  #latestRevision = 0;
  #error: Error | undefined;

  /** What cannot be read is told by {@link result}: the listing goes on, its end may tell more. */
  async read(secret: RecordSecret): Promise<void> {
    if (this.#error !== undefined) return;
    await setImmediate();
    try {
      const record = parseRecord(secret.metadata);
      if (!isRecord(record)) throw untrusted(`secret ${secret.metadata.name} ${record.reason}`);
      const content = decodeRelease(secret);
      const { name, namespace, revision, status } = content;
      const { secretName, ...claimed } = record;
      const said = { name, namespace, revision, status };
      this.#records.push({ secretName, secretType: secret.type ?? '', claimed, said });
      if (claimed.revision <= this.#latestRevision) return;
      this.#latestRevision = claimed.revision;
      this.#latest = content;
    } catch (error) {
      this.#error = asError(error);
    }
  }

  /** What each says it is. @throws RecordError, UninstallError where one cannot be read */
  identities(): readonly DecodedRecord[] {
    if (this.#error !== undefined) throw this.#error;
    return this.#records;
  }

  /** @throws RecordError, UninstallError where a record or the latest manifest cannot be read */
  result(): { readonly records: readonly DecodedRecord[]; readonly latest: ParsedContent } {
    const records = this.identities();
    if (this.#latest === undefined) throw untrusted('its records are gone');
    return { records, latest: parseContent(this.#latest) };
  }
}

function untrusted(reason: string): UninstallError {
  return new UninstallError('RECORD_UNTRUSTED', reason);
}

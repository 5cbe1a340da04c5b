// The body of a release record: base64, gzip, JSON, as Helm 3 and 4 write it; bounded, because records are untrusted.
import { gunzipSync } from 'node:zlib';
import { CodedError } from '../lib/coded-error.ts';
import { keyProblem } from './record-json.ts';

/** Why: `RECORD_NO_JSON` is one that helm cannot read either, and passes over (tried). */
export type RecordErrorCode = 'RECORD_NO_JSON' | 'RECORD_UNREADABLE' | 'RECORD_TOO_LARGE' | 'MANIFEST_UNREADABLE';

/** A record that cannot be read. */
export class RecordError extends CodedError<RecordErrorCode> {}

/** A hook as Helm stores it. */
export interface ReleaseHook {
  readonly name: string;
  readonly kind: string;
  /** Its rendered template. */
  readonly manifest: string;
  /** `pre-delete`, `test`, … */
  readonly events: readonly string[];
}

/** What a record holds, as far as the program reads it. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  readonly status: string;
  readonly description: string;
  readonly firstDeployed: string | undefined;
  readonly lastDeployed: string | undefined;
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion: string | undefined };
  readonly manifest: string;
  readonly hooks: readonly ReleaseHook[];
}

/** A Secret's data is at most 1 MiB; text compresses about 10:1, an attack 1,000:1. */
const maxDecodedBytes = 8 * 1024 * 1024;

interface WireRelease {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly version?: unknown;
  readonly manifest?: unknown;
  readonly info?: {
    readonly status?: unknown;
    readonly description?: unknown;
    readonly first_deployed?: unknown;
    readonly last_deployed?: unknown;
  };
  readonly chart?: {
    readonly metadata?: { readonly name?: unknown; readonly version?: unknown; readonly appVersion?: unknown };
  };
  readonly hooks?: unknown;
}

/** What is read of a record's Secret to decode it. */
export interface EncodedRecord {
  readonly data?: Readonly<Record<string, string>>;
}

/** Decodes a record: {@link unpackRecord}, then {@link readUnpacked}. @throws RecordError */
export function decodeRelease(secret: EncodedRecord): Release {
  return readUnpacked(unpackRecord(secret));
}

/**
 * The JSON in `data.release` of a record Secret, as bytes: the API's base64, Helm's base64, gzip where the magic is there
 * (old records have none). @throws RecordError
 */
export function unpackRecord(secret: EncodedRecord): Buffer {
  const outer = secret.data?.release;
  if (outer === undefined) throw new RecordError('RECORD_NO_JSON', 'the record has no key "release"');
  return unzip(Buffer.from(Buffer.from(outer, 'base64').toString('latin1'), 'base64'));
}

/**
 * Reads the JSON of a record. What Go would find under another spelling of a key, or mix from two, is refused.
 * @throws RecordError
 */
export function readUnpacked(json: Buffer): Release {
  const wire = parse(json.toString('utf8'));
  return {
    name: text(wire.name, 'name'),
    namespace: text(wire.namespace, 'namespace'),
    revision: typeof wire.version === 'number' ? wire.version : fail('version is not a number'),
    status: text(wire.info?.status, 'info.status'),
    description: optionalText(wire.info?.description) ?? '',
    firstDeployed: optionalText(wire.info?.first_deployed),
    lastDeployed: optionalText(wire.info?.last_deployed),
    chart: {
      name: optionalText(wire.chart?.metadata?.name) ?? '',
      version: optionalText(wire.chart?.metadata?.version) ?? '',
      appVersion: optionalText(wire.chart?.metadata?.appVersion),
    },
    manifest: optionalText(wire.manifest) ?? '',
    hooks: hooksOf(wire.hooks),
  };
}

function unzip(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxDecodedBytes });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new RecordError('RECORD_TOO_LARGE', `the record unpacks to more than ${maxDecodedBytes} bytes`, { cause });
    }
    throw new RecordError('RECORD_UNREADABLE', 'the record is not gzip', { cause });
  }
}

function parse(json: string): WireRelease {
  const value = parseJson(json);
  if (typeof value !== 'object' || value === null) return fail('the record is not an object');
  const problem = keyProblem(json);
  return problem === undefined ? value : fail(problem);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new RecordError('RECORD_NO_JSON', 'the record is not JSON', { cause });
  }
}

function hooksOf(value: unknown): readonly ReleaseHook[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return fail('hooks is not a list');
  return value.map((hook: Record<string, unknown>) => ({
    name: optionalText(hook?.name) ?? '',
    kind: optionalText(hook?.kind) ?? '',
    manifest: optionalText(hook?.manifest) ?? '',
    events: Array.isArray(hook?.events) ? hook.events.map(String) : [],
  }));
}

function text(value: unknown, path: string): string {
  return typeof value === 'string' ? value : fail(`${path} is not a string`);
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fail(reason: string): never {
  throw new RecordError('RECORD_UNREADABLE', reason);
}

// The body of a release record with another state: only what is to change is changed, the rest stays to the byte.
import { gzipSync } from 'node:zlib';
import { type EncodedRecord, readUnpacked, unpackRecord } from './decode.ts';
import { membersOf, type Span, skipSpace } from './json-members.ts';
import type { ReleaseStatus } from './record.ts';

/** A record's Secret, as far as it is changed. */
export interface RewritableRecord extends EncodedRecord {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/** The state that a record is to say, inside and outside. */
export interface StatusChange {
  readonly status: ReleaseStatus;
  /** `info.description`, which `helm history` prints. */
  readonly description: string;
  /** For the label `modifiedAt`, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether `info.deleted` is to say that time too, as Helm writes it at uninstall. Default false. */
  readonly isDeletion?: boolean | undefined;
}

/** What replaces `data` and `metadata.labels` of the Secret. */
export interface RewrittenRecord {
  readonly data: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Rewrites `info.status`, `info.description` and for a deletion `info.deleted`, and the labels `status` and `modifiedAt` that Helm keeps beside them.
 * Neither does a number pass through JavaScript, which would round it, nor does any key change its place. What Helm finds
 * compressed or not is compressed, as Helm does with what it writes. @throws RecordError where the record cannot be read
 */
export function rewriteStatus(secret: RewritableRecord, change: StatusChange): RewrittenRecord {
  const { status, description, nowMs, isDeletion = false } = change;
  const deleted = isDeletion ? { deleted: new Date(nowMs).toISOString() } : {};
  const json = unpackRecord(secret);
  readUnpacked(json); // refuses what is no record, and keys that Helm would take for these or mix with them
  const level = json.length > roomyBytes ? 9 : 4;
  const release = gzipSync(withInfo(json, { status, description, ...deleted }), { level }).toString('base64');
  return {
    data: { ...secret.data, release: Buffer.from(release).toString('base64') },
    labels: { ...secret.metadata.labels, status, modifiedAt: String(Math.floor(nowMs / 1000)) },
  };
}

/** Helm compresses as far as it can, which takes five times as long: needed where a record is nearly as large as a Secret may be. */
const roomyBytes = 512 * 1024;

/** As latin1 a character is a byte, so that places in the text are places in the bytes. */
function withInfo(json: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  const text = json.toString('latin1');
  const info = membersOf(text, skipSpace(text, 0)).get('info');
  if (info === undefined) return json;
  const members = membersOf(text, info.start);
  const edits = Object.entries(texts).map(([key, value]) => editOf({ key, value, span: members.get(key), info }));
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, replacement } of edits.sort((a, b) => a.start - b.start)) {
    pieces.push(json.subarray(at, start), Buffer.from(replacement));
    at = end;
  }
  return Buffer.concat([...pieces, json.subarray(at)]);
}

/** Helm leaves out an empty description: then it comes first, and `status` is always behind it. */
function editOf(member: {
  readonly key: string;
  readonly value: string;
  readonly span: Span | undefined;
  readonly info: Span;
}): Span & { readonly replacement: string } {
  const { key, value, span, info } = member;
  const replacement = JSON.stringify(value);
  if (span !== undefined) return { ...span, replacement };
  const first = info.start + 1;
  return { start: first, end: first, replacement: `${JSON.stringify(key)}:${replacement},` };
}

// Notes of ways back, as a PurgeRun's status and a report file hold them: written, and read back without losing one in silence. Pure.
import type { PurgeRunStatus } from '../../api/v1alpha1/purge-run.ts';
import { parseRevision } from '../../release/record.ts';
import type { ReleaseOutcome } from './report.ts';
import type { RecordedRun, UndoNote } from './run-recorder.ts';

/** What was read: the notes, and the releases whose note is none. */
export type ReadNotes = Pick<RecordedRun, 'undo' | 'unreadable'>;

/** An entry of `status.undo`. */
export function undoEntry(note: UndoNote): readonly [string, string] {
  const { namespace, name, revision, secret, digest, namespaceUid } = note;
  const words = [revision, secret, digest, ...(namespaceUid === undefined ? [] : [namespaceUid])];
  return [`${namespace}/${name}`, words.join(' ')];
}

/** Reads `status.undo` back. */
export function readUndoEntries(undo: PurgeRunStatus['undo'] = {}): ReadNotes {
  return sorted(
    Object.entries(undo).map(([key, value]) => {
      const [namespace = '', name = '', ...rest] = key.includes('/') ? key.split('/') : ['', key];
      const [revision, secret = '', digest = '', namespaceUid, ...more] = value.split(' ');
      const read = { namespace, name, revision: parseRevision(revision) ?? 0, secret, digest };
      const note = namespaceUid === undefined ? read : { ...read, namespaceUid };
      return { namespace, name: [name, ...rest].join('/'), note: more.length === 0 ? note : undefined };
    }),
  );
}

/** Reads `record.undo` of a report file, where anything may stand. */
export function readUndoList(undo: readonly unknown[]): ReadNotes {
  return sorted(
    undo.map((value) => {
      const { namespace, name, revision, secret, digest, namespaceUid }: { readonly [K in keyof UndoNote]?: unknown } =
        value ?? {};
      const key = { namespace: text(namespace), name: text(name) };
      const number = parseRevision(typeof revision === 'number' ? String(revision) : undefined) ?? 0;
      const uid = namespaceUid === undefined ? {} : { namespaceUid: text(namespaceUid) };
      return { ...key, note: { ...key, revision: number, secret: text(secret), digest: text(digest), ...uid } };
    }),
  );
}

/** Reads the ways back out of a report without a record: of what is gone, and may be. */
export function readOutcomes(outcomes: readonly ReleaseOutcome[]): ReadNotes {
  const gone = outcomes.filter((one) => one.result === 'purged' || (one.result === 'failed' && one.record !== 'left'));
  return readUndoList(
    gone.map(({ namespace, name, ...outcome }) => ({ namespace, name, ...('undo' in outcome ? outcome.undo : {}) })),
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `note`: as far as it could be read. */
type Candidate = Pick<UndoNote, 'namespace' | 'name'> & { readonly note: UndoNote | undefined };

function sorted(candidates: readonly Candidate[]): ReadNotes {
  const undo: UndoNote[] = [];
  const unreadable: Pick<UndoNote, 'namespace' | 'name'>[] = [];
  for (const { namespace, name, note } of candidates) {
    if (note !== undefined && isNote({ ...note, namespace, name })) undo.push(note);
    else unreadable.push({ namespace, name });
  }
  return { undo, ...(unreadable.length === 0 ? {} : { unreadable }) };
}

function isNote({ namespace, name, revision, secret, digest, namespaceUid = 'unknown' }: UndoNote): boolean {
  const isName = (word: string): boolean => /^[^\s/]+$/.test(word);
  const isNamed = [namespace, name, secret, namespaceUid].every(isName);
  return isNamed && revision > 0 && /^sha256:[0-9a-f]{64}$/.test(digest);
}

// A run as a file: the whole report as JSON, readable by its owner alone, never half written.
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunChange, RunPlace } from './run-place.ts';
import { fileOf, type RunFile, type RunRecord } from './run-record.ts';
import type { UndoNote } from './run-recorder.ts';

/** Where a run's file is, unless somebody names one. `stateHome` is `$XDG_STATE_HOME`, or `~/.local/state`. */
export function runsDirectory(stateHome: string): string {
  return join(stateHome, 'bookstore-operator', 'purge');
}

/**
 * A file that is written anew with every change: what stands there is always one whole state. Where only notes are to be
 * stored, as before each release, all else stands as it was last taken apart: a run of thousands has a megabyte of it.
 */
export class ReportFile implements RunPlace {
  readonly path: string;
  #frame: Frame | undefined;
  /** As text, within the frame. */
  #notes: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** The first state. @throws Error where something other than a file is there: a device, a link, a directory */
  async begin(record: RunRecord): Promise<void> {
    const found = await lstat(this.path).catch(() => undefined);
    if (found?.isFile() === false) throw new Error(`${this.path} is not a plain file`);
    await this.write(record, { isWhole: true });
  }

  /** A file has room. */
  admit(): void {}

  async write(record: RunRecord, { isWhole }: Pick<RunChange, 'isWhole'>): Promise<void> {
    if (isWhole || this.#frame === undefined) {
      this.#frame = frameOf(record);
      this.#notes = [];
    }
    const { before, after } = this.#frame;
    for (const note of record.undo.slice(this.#notes.length)) this.#notes.push(noteText(note));
    const notes = this.#notes.length === 0 ? '' : `\n${this.#notes.join(',\n')}\n${undoIndent}`;
    await storeText(this.path, `${before}${notes}${after}`);
  }
}

/** The text of a file before and after its notes. */
interface Frame {
  readonly before: string;
  readonly after: string;
}

/** What a file ends with when it has no notes: `undo` is the last of the last. */
const noUndo = '"undo": []';
const undoIndent = ' '.repeat(4);

function frameOf(record: RunRecord): Frame {
  const text = textOf(fileOf({ ...record, undo: [] }));
  const at = text.lastIndexOf(noUndo) + noUndo.length - 1;
  return { before: text.slice(0, at), after: text.slice(at) };
}

function noteText(note: UndoNote): string {
  return JSON.stringify(note, undefined, 2).replaceAll(/^/gm, `${undoIndent}  `);
}

function textOf(file: RunFile): string {
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Writes the whole file; what reads it meanwhile sees the one state or the other. On the disk when it resolves. */
export function storeRunFile(path: string, file: RunFile): Promise<void> {
  return storeText(path, textOf(file));
}

async function storeText(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `.${basename(path)}.${process.pid}`);
  try {
    await writeThrough(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

/** On the disk when it resolves. A file that is there already, whoever may read it, is not written into. */
async function writeThrough(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that the new name is on the disk too; not every file system can. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch {
    // the file itself is safe
  }
}

// A run as a file: the whole report as JSON, readable by its owner alone, never half written.
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunPlace } from './run-place.ts';
import { fileOf, type RunFile, type RunRecord } from './run-record.ts';

/** Where a run's file is, unless somebody names one. `stateHome` is `$XDG_STATE_HOME`, or `~/.local/state`. */
export function runsDirectory(stateHome: string): string {
  return join(stateHome, 'bookstore-operator', 'purge');
}

/** A file that is written anew with every change: what stands there is always one whole state. */
export class ReportFile implements RunPlace {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The first state. @throws Error where something other than a file is there: a device, a link, a directory */
  async begin(record: RunRecord): Promise<void> {
    const found = await lstat(this.path).catch(() => undefined);
    if (found?.isFile() === false) throw new Error(`${this.path} is not a plain file`);
    await this.write(record);
  }

  /** A file has room. */
  admit(): void {}

  write(record: RunRecord): Promise<void> {
    return storeRunFile(this.path, fileOf(record));
  }
}

/** Writes the whole file; what reads it meanwhile sees the one state or the other. On the disk when it resolves. */
export async function storeRunFile(path: string, file: RunFile): Promise<void> {
  const text = `${JSON.stringify(file, undefined, 2)}\n`;
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

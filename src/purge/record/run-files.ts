// Report files read back: those that this program wrote for runs on one server.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PurgeRunPhase } from '../../api/v1alpha1/purge-run.ts';
import { errorText } from '../../lib/error-text.ts';
import type { RunFile } from './run-record.ts';

/** A report file with its place. */
export interface StoredRunFile {
  readonly file: RunFile;
  readonly path: string;
}

/** The file of one run; undefined where there is none of that server. @throws Error where it cannot be read */
export async function readRunFile(
  directory: string,
  { run, server }: { readonly run: string; readonly server: string },
): Promise<StoredRunFile | undefined> {
  // a name is all that is asked for, never a path
  if (!/^[a-z0-9][-a-z0-9.]*$/.test(run)) return undefined;
  const path = join(directory, `${run}.json`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const file = parseRunFile(text);
  return file.run === run && file.server === server ? { file, path } : undefined;
}

/** The file at a path that somebody names. @throws Error where it cannot be read, or is no record of a run */
export async function readRunFileAt(path: string): Promise<RunFile> {
  return parseRunFile(await readFile(path, 'utf8'));
}

/** All files of one server; one that cannot be read, or a directory, is told, and holds up no other. */
export async function readRunFiles(
  directory: string,
  server: string,
): Promise<{ readonly runs: readonly StoredRunFile[]; readonly warnings: readonly string[] }> {
  const runs: StoredRunFile[] = [];
  const warnings: string[] = [];
  const names = await namesIn(directory).catch((error: unknown) => {
    warnings.push(`${directory} is left out: ${errorText(error)}`);
    return [];
  });
  for (const name of names) {
    const path = join(directory, name);
    try {
      const file = parseRunFile(await readFile(path, 'utf8'));
      if (file.server === server) runs.push({ file, path });
    } catch (error) {
      warnings.push(`${path} is left out: ${errorText(error)}`);
    }
  }
  return { runs, warnings };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => /^[^.].*\.json$/.test(name)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** What others wrote into the directory is found out; what this program wrote is not checked field by field. */
function parseRunFile(text: string): RunFile {
  const value = JSON.parse(text) as Partial<RunFile> | null;
  const isOurs =
    value?.kind === 'PurgeReport' &&
    typeof value.run === 'string' &&
    typeof value.policy === 'string' &&
    typeof value.server === 'string' &&
    !Number.isNaN(Date.parse(value.startedAt ?? '')) &&
    Number.isFinite(value.durationMs) &&
    Array.isArray(value.outcomes) &&
    Array.isArray(value.kept) &&
    Array.isArray(value.record?.undo) &&
    Object.values(PurgeRunPhase).some((phase) => phase === value.record?.phase);
  if (!isOurs) throw new Error('it is not a record of a run');
  return value as RunFile;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

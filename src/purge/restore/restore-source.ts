// The run that is brought back, by its name or by the path of its report file.
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';
import { type RunSources, readRun, runOfFile } from '../record/read-run.ts';
import { readRunFileAt } from '../record/run-files.ts';
import type { RunFile } from '../record/run-record.ts';
import type { RecordedRun } from '../record/run-recorder.ts';

/**
 * Reads what bringing back goes by. What has a slash in it, or ends in `.json`, is a path.
 * @throws PurgeError `RUN_NOT_FOUND`, also for a file of another server; ApiError
 */
export async function readRestoreRun(sources: RunSources, run: string): Promise<RecordedRun> {
  if (!run.includes('/') && !run.endsWith('.json')) return readRun(sources, run);
  const file = await readFileAt(run);
  const { server, context } = sources.client;
  if (file.server !== server) {
    throw notFound(`${run} is of a run on ${file.server}, and ${context} is ${server}`);
  }
  return runOfFile(file);
}

async function readFileAt(path: string): Promise<RunFile> {
  try {
    return await readRunFileAt(path);
  } catch (cause) {
    throw notFound(`${path} cannot be read: ${errorText(cause)}`, cause);
  }
}

function notFound(message: string, cause?: unknown): PurgeError {
  return new PurgeError('RUN_NOT_FOUND', message, {
    isTerminal: true,
    remedy: 'Name a run (bookstore-operator purge runs), or the report file of one. Nothing was changed.',
    ...(cause === undefined ? {} : { cause }),
  });
}

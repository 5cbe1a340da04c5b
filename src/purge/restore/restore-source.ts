// The run that is brought back, by its name or by the path of its report.
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';
import { type RunSources, readRun, runOfReport } from '../record/read-run.ts';
import { readReportAt, type StoredReport } from '../record/run-files.ts';
import type { RecordedRun } from '../record/run-recorder.ts';

/**
 * Reads what bringing back goes by. What has a slash in it, or ends in `.json`, is a path.
 * @throws PurgeError `RUN_NOT_FOUND`, also for a file of another server; ApiError
 */
export async function readRestoreRun(sources: RunSources, run: string): Promise<RecordedRun> {
  if (!run.includes('/') && !run.endsWith('.json')) return readRun(sources, run);
  const report = await readAt(run);
  const { server, context } = sources.client;
  if (report.server !== server) {
    throw notFound(`${run} is of a run on ${report.server}, and ${context} is ${server}`);
  }
  return runOfReport(report);
}

async function readAt(path: string): Promise<StoredReport> {
  try {
    return await readReportAt(path);
  } catch (cause) {
    throw notFound(`${path} cannot be read: ${errorText(cause)}`, cause);
  }
}

function notFound(message: string, cause?: unknown): PurgeError {
  return new PurgeError('RUN_NOT_FOUND', message, {
    isTerminal: true,
    remedy:
      'Name a run (bookstore-operator purge runs), or its report: the file that --report wrote, or what -o json printed. Nothing was changed.',
    ...(cause === undefined ? {} : { cause }),
  });
}

// Runs read back, wherever they were recorded: PurgeRuns of the cluster, and report files of the same server.
import type { PurgeRun } from '../../api/v1alpha1/purge-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type ApiError, isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { nearest } from '../../lib/did-you-mean.ts';
import { PurgeError } from '../errors.ts';
import { readRunFile, readRunFiles, type StoredReport, type StoredRunFile } from './run-files.ts';
import { purgeRuns } from './run-object.ts';
import type { RecordedRun } from './run-recorder.ts';
import { readOutcomes, readUndoEntries, readUndoList } from './undo-notes.ts';

/** Where runs are looked for. */
export interface RunSources {
  readonly client: KubeClient;
  /** Of report files. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

/** A run as it is stored. */
export type StoredRun = { readonly object: PurgeRun } | StoredRunFile;

/** All that was found. */
export interface StoredRuns {
  readonly runs: readonly StoredRun[];
  /** Files that could not be read: a sentence each. */
  readonly warnings: readonly string[];
  /** Why those of the cluster are not among them. Absent: all are that it has. */
  readonly refusal?: ApiError;
}

/** A run may be as large as etcd takes. */
const pageSize = 20;
/** So many names are told where one was not found. */
const maxNearest = 5;

/** Every run, in no order; one that is both in the cluster and in a file comes from the cluster. @throws ApiError */
export async function listRuns({ client, directory, signal }: RunSources): Promise<StoredRuns> {
  const [objects, files] = await Promise.all([listObjects(client, signal), readRunFiles(directory, client.server)]);
  const names = new Set(objects.runs.map(({ metadata }) => metadata.name));
  return {
    runs: [...objects.runs.map((object) => ({ object })), ...files.runs.filter(({ file }) => !names.has(file.run))],
    warnings: files.warnings,
    ...(objects.refusal === undefined ? {} : { refusal: objects.refusal }),
  };
}

/** One run. @throws PurgeError `RUN_NOT_FOUND` with the nearest names; ApiError */
export async function findRun(sources: RunSources, name: string): Promise<StoredRun> {
  const { client, directory, signal } = sources;
  let refusal: ApiError | undefined;
  try {
    const object = await client.find<PurgeRun & KubeObject>(purgeRuns, { name, signal });
    if (object !== undefined) return { object };
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
    refusal = error;
  }
  const file = await readRunFile(directory, { run: name, server: client.server });
  if (file !== undefined) return file;
  throw refusal ?? (await notFound(sources, name));
}

/**
 * What bringing back goes by. The policy's name, the account and the digests come from where developers cannot write.
 * @throws PurgeError `RUN_NOT_FOUND`; ApiError
 */
export async function readRun(sources: RunSources, name: string): Promise<RecordedRun> {
  const stored = await findRun(sources, name);
  if ('object' in stored) {
    const { spec, status } = stored.object;
    return recorded(name, {
      policy: spec.policy,
      serviceAccount: status?.serviceAccount,
      ...readUndoEntries(status?.undo),
    });
  }
  return runOfReport(stored.file);
}

/** The same of a report: one that was printed has the digests of what was purged, and not as whom. */
export function runOfReport({ run, policy, record, outcomes }: StoredReport): RecordedRun {
  if (record === undefined) return recorded(run, { policy, serviceAccount: undefined, ...readOutcomes(outcomes) });
  return recorded(run, { policy, serviceAccount: record.serviceAccount, ...readUndoList(record.undo) });
}

/** The run's name, whichever way it is stored. */
export function nameOfRun(stored: StoredRun): string {
  return 'object' in stored ? stored.object.metadata.name : stored.file.run;
}

function recorded(
  run: string,
  {
    serviceAccount,
    ...rest
  }: Omit<RecordedRun, 'run' | 'serviceAccount'> & { readonly serviceAccount: string | undefined },
): RecordedRun {
  return { run, ...rest, ...(serviceAccount === undefined ? {} : { serviceAccount }) };
}

async function listObjects(
  client: KubeClient,
  signal: AbortSignal | undefined,
): Promise<{ readonly runs: readonly PurgeRun[]; readonly refusal?: ApiError }> {
  try {
    const { items } = await client.list<PurgeRun & KubeObject>(purgeRuns, { pageSize, signal });
    return { runs: items };
  } catch (error) {
    if (isApiError(error, 'API_NOT_FOUND')) return { runs: [] };
    if (isApiError(error, 'API_FORBIDDEN')) return { runs: [], refusal: error };
    throw error;
  }
}

async function notFound(sources: RunSources, name: string): Promise<PurgeError> {
  const { client } = sources;
  const names = (await listRuns(sources)).runs.map(nameOfRun);
  const meant = nearest(name, names, maxNearest);
  return new PurgeError('RUN_NOT_FOUND', `there is no run ${name} in ${client.context} (${client.server})`, {
    isTerminal: true,
    remedy: meant.length === 0 ? 'There is none at all yet.' : `The nearest: ${meant.join(', ')}.`,
  });
}

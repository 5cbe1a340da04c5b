// Runs that say that they are at work, and whose worker is proved to be dead: found, and told as what they are.
import {
  PURGE_RUN_LOCK_ANNOTATION,
  PURGE_RUN_PROCESS_ANNOTATION,
  PurgeRunPhase,
} from '../../api/v1alpha1/purge-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { HeldLease } from '../lock/purge-lock.ts';
import { listRuns, nameOfRun, type StoredRun } from './read-run.ts';
import { storeRunFile } from './report-file.ts';
import { endedFile, endedStatus, endingOf } from './run-ending.ts';
import { isProvedDead, type RunHold } from './run-hold.ts';
import { purgeRuns, runFieldManager } from './run-object.ts';

/** Where they are looked for, and what is known. */
export interface DeadRunSearch {
  /** Not fenced: what another has done is recorded whoever purges. */
  readonly client: KubeClient;
  readonly directory: string;
  /** That is held here, by a run that has no record yet. Undefined: none, and only an ended process proves anything. */
  readonly lock: HeldLease | undefined;
  readonly nowMs: number;
  /** Told of each that was found and noted. */
  readonly onDead: (run: string, ending: string) => void;
}

/** What is noted of a run's life. */
export function holdOf(stored: StoredRun): RunHold {
  if (!('object' in stored)) return stored.file.record;
  const { annotations = {} } = stored.object.metadata;
  const [lock, process] = [annotations[PURGE_RUN_LOCK_ANNOTATION], annotations[PURGE_RUN_PROCESS_ANNOTATION]];
  return { ...(lock === undefined ? {} : { lock }), ...(process === undefined ? {} : { process }) };
}

/** Whether it says that somebody works at it. */
export function isAtWork(stored: StoredRun): boolean {
  const phase = 'object' in stored ? stored.object.status?.phase : stored.file.record.phase;
  return phase === PurgeRunPhase.running;
}

/**
 * Ends the records of dead runs, whoever's they are. A run under another Lease is left alone, and so is one whose process is
 * seen to live. @throws ApiError, or what the file system says: those that are left are tried again by the next run
 */
export async function endDeadRuns(search: DeadRunSearch): Promise<void> {
  const { client, directory, lock, nowMs, onDead } = search;
  const { runs } = await listRuns({ client, directory });
  const stillHolds = ({ key }: HeldLease): boolean | undefined => (key === lock?.key ? false : undefined);
  for (const stored of runs) {
    if (!isAtWork(stored) || !isProvedDead(holdOf(stored), stillHolds)) continue;
    if (await end(client, stored, nowMs)) onDead(nameOfRun(stored), endingOf(stored));
  }
}

/** False where somebody has written, or deleted it, since it was read. */
async function end(client: KubeClient, stored: StoredRun, nowMs: number): Promise<boolean> {
  if (!('object' in stored)) {
    await storeRunFile(stored.path, endedFile(stored, nowMs));
    return true;
  }
  const { name, resourceVersion } = stored.object.metadata;
  const body = { metadata: { resourceVersion }, status: endedStatus(stored.object, nowMs) };
  try {
    await client.merge(purgeRuns, body, { name, subresource: 'status', fieldManager: runFieldManager });
    return true;
  } catch (error) {
    if (isApiError(error, 'API_CONFLICT', 'API_NOT_FOUND')) return false;
    throw error;
  }
}

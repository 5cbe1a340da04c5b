// The beginning of a run's record: a PurgeRun where the cluster has them, else a file, before anything is deleted.
import { join } from 'node:path';
import type { KubeClient } from '../../kube/client.ts';
import type { EventOptions } from '../../kube/event-object.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';
import type { HeldLease } from '../lock/purge-lock.ts';
import type { PurgePlan } from '../plan/plan.ts';
import { Recorder } from './recorder.ts';
import { ReportFile } from './report-file.ts';
import { beganEvent } from './run-events.ts';
import { lockNote, type RunHold } from './run-hold.ts';
import { runName } from './run-name.ts';
import { createPurgeRun, type NoPurgeRun, purgeRuns } from './run-object.ts';
import type { RunPlace } from './run-place.ts';
import type { PolicyOrigin, RunRecord, RunStart } from './run-record.ts';
import type { RunRecorder } from './run-recorder.ts';
import { SparedPlace } from './spared-place.ts';

/** What is told about a record. */
export interface RecordTalk {
  /** That a file is written, and why no PurgeRun, where that is why. */
  onFile(path: string, why: string | undefined): void;
  /** That the record is in a file after all, because the PurgeRun that was begun could not be finished, and why. */
  onSpare(path: string, why: string): void;
  /** That it could not be kept up: a sentence. */
  onTrouble(text: string): void;
  /** That the worker of another run was found dead, and what is known of that run's end: a sentence. */
  onDead(run: string, ending: string): void;
}

/** How runs are recorded. */
export interface RunRecords {
  /** Not fenced: what happened is recorded also where the lock was lost. */
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Of files, where the cluster takes no PurgeRun. */
  readonly directory: string;
  /** A file that is written in any case. */
  readonly file?: string | undefined;
  /** A user's name as the API server knows it, or the schedule. */
  readonly requestedBy: string;
  /** Host or pod, and process. */
  readonly worker: string;
  /** This process, as `ownHolder` says it. */
  readonly process: string;
  /** The purge's Lease, where this run holds it. */
  readonly lock?: HeldLease | undefined;
  /** Undefined where the policy is a file. */
  readonly origin?: PolicyOrigin | undefined;
  /** What `-n` narrowed the run to. */
  readonly namespaces?: readonly string[] | undefined;
  readonly talk: RecordTalk;
  /** Told of what is to be an Event of the policy. Default nothing is. */
  readonly onEvent?: ((event: EventOptions) => void) | undefined;
}

/** Which run. */
export interface BeginOptions {
  readonly plan: PurgePlan;
  readonly serviceAccount: string | undefined;
  readonly undoRetentionMs: number;
  readonly driver: string;
  readonly concurrency: number;
}

/**
 * Begins the record.
 * @throws PurgeError `RUN_RECORD_REFUSED` where it cannot be written: then nothing may be deleted
 */
export async function beginRecord(records: RunRecords, options: BeginOptions): Promise<RunRecorder> {
  const { client, clock, directory, file, talk } = records;
  const startedAtMs = clock.now();
  const run = runName(options.plan.policy, { nowMs: startedAtMs, random: Math.random() });
  const { requestedBy, worker, origin, namespaces } = records;
  const { process, lock } = records;
  const hold: RunHold = { process, ...(lock === undefined ? {} : { lock: lockNote(lock) }) };
  const start: RunStart = { ...options, run, startedAtMs, requestedBy, worker, hold, origin, namespaces };
  const first: RunRecord = { start, nowMs: startedAtMs, outcomes: [], undo: [] };

  const onAnew = (name: string): void =>
    talk.onTrouble(`PurgeRun ${name} was deleted while its run was at work: it is made anew with all that is known`);
  const object = await unlessRefused(run, () => createPurgeRun(client, first, onAnew));
  const why = 'why' in object ? object.why : undefined;
  const own = join(directory, `${run}.json`);
  const spare = { file: new ReportFile(own), onSpare: talk.onSpare.bind(talk) };
  const places: RunPlace[] = 'why' in object ? [] : [new SparedPlace(object, spare)];
  const inVain: string[] = [];
  const paths = [file, why === undefined ? undefined : own];
  for (const path of paths.filter((one) => one !== undefined)) {
    const place = new ReportFile(path);
    try {
      await place.begin(first);
      places.push(place);
      talk.onFile(path, path === file ? undefined : why);
    } catch (error) {
      if (path !== file) inVain.push(errorText(error));
      else {
        await client.delete(purgeRuns, { name: run }).catch(() => undefined); // nothing has happened that it could tell of
        throw refused(run, error, 'Name with --report a file in a directory that you may write to.');
      }
    }
  }
  if (places.length > 0) {
    const event = beganEvent(start);
    if (event !== undefined) records.onEvent?.(event);
    for (const text of inVain) talk.onTrouble(`the run is not recorded in ${directory}: ${text}`);
    return new Recorder({ start, places, clock });
  }
  const reasons = [why, ...inVain].join('; ');
  throw refused(run, reasons); // without a note there is no way back
}

async function unlessRefused(
  run: string,
  create: () => Promise<RunPlace | NoPurgeRun>,
): Promise<RunPlace | NoPurgeRun> {
  try {
    return await create();
  } catch (error) {
    throw refused(run, error);
  }
}

const rightsRemedy =
  'docs/purge.md has the rights that it takes; an old CustomResourceDefinition is renewed by: bookstore-operator crd --kind PurgeRun | kubectl apply -f -';

function refused(run: string, error: unknown, remedy = rightsRemedy): PurgeError {
  return new PurgeError('RUN_RECORD_REFUSED', `the record of run ${run} cannot be begun: ${errorText(error)}`, {
    cause: error,
    remedy: `Nothing was deleted. ${remedy}`,
  });
}

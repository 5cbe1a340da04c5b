// How a run whose worker died is told: what was recorded of it, and what is to be looked at. Pure.
import { type PurgeRun, PurgeRunBound, PurgeRunPhase, type PurgeRunStatus } from '../../api/v1alpha1/purge-run.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { StoredRun } from './read-run.ts';
import type { PurgeReport } from './report.ts';
import type { StoredRunFile } from './run-files.ts';
import { failedCondition, type RunFile } from './run-record.ts';

/** Reason of the condition of a run whose worker died. */
export const WORKER_DIED = 'WorkerDied';

/** So many releases are named; the others are counted. */
const maxNamed = 5;

interface Known {
  readonly worker: string;
  readonly planned: number;
  readonly counts: PurgeReport['counts'];
  /** `namespace/name` of what was begun: a way back was noted. */
  readonly begun: readonly string[];
  /** Of the outcomes that are known by name; undefined: not all of them are. */
  readonly settled: ReadonlySet<string> | undefined;
}

/** In a sentence, for a run that says that it is at work. */
export function endingOf(stored: StoredRun): string {
  const { worker, planned, counts, begun, settled } = 'object' in stored ? ofObject(stored.object) : ofFile(stored);
  const recorded = counts.purged + counts.failed + counts.skipped + counts.notStarted;
  const rest = Math.max(0, planned - recorded);
  const died = `its worker ${worker} died: ${recorded} of ${planned} outcomes were recorded`;
  const open = settled === undefined ? [] : begun.filter((key) => !settled.has(key)).sort();
  const more = open.length > maxNamed ? ` and ${open.length - maxNamed} more` : '';
  const told = [
    died,
    ...(rest === 0 ? [] : [`look at the ${rest} without one: each may be gone, half gone or untouched`]),
    ...(open.length === 0 ? [] : [`begun of these: ${open.slice(0, maxNamed).join(', ')}${more}`]),
  ];
  return oneLine(told.join('; '), PurgeRunBound.messageLength);
}

/** What changes in the status. `atMs` is when it was found out: when the worker died nobody knows. */
export function endedStatus(object: PurgeRun, atMs: number): PurgeRunStatus {
  const endMs = Math.max(atMs, Date.parse(object.status?.startedAt ?? '') || 0); // another's clock may be ahead
  return {
    phase: PurgeRunPhase.failed,
    stoppedBy: 'interrupted',
    completedAt: new Date(endMs).toISOString(),
    conditions: [failedCondition({ reason: WORKER_DIED, message: endingOf({ object }), nowMs: endMs })],
  };
}

/** The same of a report file. */
export function endedFile(stored: StoredRunFile, atMs: number): RunFile {
  const { file } = stored;
  return {
    ...file,
    durationMs: Math.max(file.durationMs, atMs - Date.parse(file.startedAt)),
    stoppedBy: 'interrupted',
    record: { ...file.record, phase: PurgeRunPhase.failed, ending: endingOf(stored) },
  };
}

function ofObject({ status = {} }: PurgeRun): Known {
  const { worker = 'unknown', planned, undo = {}, outcomes = [], outcomesOmitted = 0 } = status;
  return {
    worker,
    planned: planned?.purge ?? 0,
    counts: status.counts ?? { purged: 0, failed: 0, skipped: 0, notStarted: 0, kept: 0 },
    begun: Object.keys(undo),
    settled: outcomesOmitted > 0 ? undefined : new Set(outcomes.map(keyOf)),
  };
}

function ofFile({ file: { record, counts, outcomes } }: StoredRunFile): Known {
  const { worker, planned, undo } = record;
  return { worker, planned: planned.purge, counts, begun: undo.map(keyOf), settled: new Set(outcomes.map(keyOf)) };
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

// A stored run in a line, and its outcomes as a report has them, whichever way it was recorded. Pure.
import { type PurgeRun, type PurgeRunOutcome, PurgeRunPhase } from '../../api/v1alpha1/purge-run.ts';
import type { StoredRun } from './read-run.ts';
import type { PurgeReport, ReleaseOutcome } from './report.ts';
import { WORKER_DIED } from './run-ending.ts';
import type { RunStanding } from './run-standing.ts';

/** A run among others. */
export interface RunSummary {
  readonly run: string;
  readonly policy: string;
  readonly phase: PurgeRunPhase;
  readonly counts: PurgeReport['counts'];
  /** Absent: it has not begun. */
  readonly startedAt?: string;
  readonly completedAt?: string;
  readonly requestedBy?: string;
  readonly worker?: string;
  readonly stoppedBy?: string;
  /** Of a run whose worker died, in a sentence: what is known of its end. */
  readonly ending?: string;
  /** Of a run that may be at work: when its Lease was last renewed, by its worker's clock. */
  readonly renewedAt?: string;
  /** Ways back that were noted. */
  readonly undo: number;
  /** How long they lead back, from the end on, as the run itself noted it. */
  readonly undoRetentionMs?: number;
  /** Where it is recorded, if not in the cluster. */
  readonly file?: string;
}

const none: PurgeReport['counts'] = { purged: 0, failed: 0, skipped: 0, notStarted: 0, kept: 0 };

/** Sums a run up. One that is known to be dead is told as the next run will note it. */
export function summaryOf(stored: StoredRun, { ending, renewedAt }: RunStanding = {}): RunSummary {
  const summary = 'object' in stored ? summaryOfObject(stored.object) : summaryOfFile(stored);
  return {
    ...summary,
    ...(ending === undefined ? {} : { phase: PurgeRunPhase.failed, stoppedBy: 'interrupted', ending }),
    ...(renewedAt === undefined ? {} : { renewedAt }),
  };
}

/** Newest first; those that have not begun before all others. */
export function newestFirst(a: RunSummary, b: RunSummary): number {
  const [one, other] = [a.startedAt ?? '~', b.startedAt ?? '~'];
  if (one !== other) return one < other ? 1 : -1;
  return a.run < b.run ? -1 : 1;
}

/** What became of each release, as far as the record has room for it; of a PurgeRun `kept` is counted only. */
export function outcomesOf(stored: StoredRun): Pick<PurgeReport, 'outcomes' | 'kept'> & { readonly omitted: number } {
  if (!('object' in stored)) return { outcomes: stored.file.outcomes, kept: stored.file.kept, omitted: 0 };
  const { outcomes = [], outcomesOmitted = 0 } = stored.object.status ?? {};
  return { outcomes: outcomes.map(outcomeOf), kept: [], omitted: outcomesOmitted };
}

function summaryOfObject({ metadata, spec, status }: PurgeRun): RunSummary {
  const ending = status?.conditions?.find(({ reason }) => reason === WORKER_DIED)?.message;
  return {
    run: metadata.name,
    policy: spec.policy,
    phase: status?.phase ?? PurgeRunPhase.pending,
    counts: status?.counts ?? none,
    ...(status?.startedAt === undefined ? {} : { startedAt: status.startedAt }),
    ...(status?.completedAt === undefined ? {} : { completedAt: status.completedAt }),
    ...(status?.requestedBy === undefined ? {} : { requestedBy: status.requestedBy }),
    ...(status?.worker === undefined ? {} : { worker: status.worker }),
    ...(status?.stoppedBy === undefined ? {} : { stoppedBy: status.stoppedBy }),
    ...(ending === undefined ? {} : { ending }),
    undo: Object.keys(status?.undo ?? {}).length,
    ...(status?.undoRetentionMs === undefined ? {} : { undoRetentionMs: status.undoRetentionMs }),
  };
}

function summaryOfFile({ file, path }: Exclude<StoredRun, { object: PurgeRun }>): RunSummary {
  const { run, policy, counts, startedAt, durationMs, stoppedBy, record } = file;
  const isOver = record.phase !== PurgeRunPhase.running;
  return {
    run,
    policy,
    phase: record.phase,
    counts,
    startedAt,
    ...(isOver ? { completedAt: new Date(Date.parse(startedAt) + durationMs).toISOString() } : {}),
    requestedBy: record.requestedBy,
    worker: record.worker,
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
    ...(record.ending === undefined ? {} : { ending: record.ending }),
    undo: record.undo.length,
    ...(record.undoRetentionMs === undefined ? {} : { undoRetentionMs: record.undoRetentionMs }),
    file: path,
  };
}

function outcomeOf(outcome: PurgeRunOutcome): ReleaseOutcome {
  const { namespace, name, revision, chart, result, durationMs = 0, code = '', message } = outcome;
  const release = { namespace, name, revision, ...(chart === undefined ? {} : { chart }) };
  const by = {
    ...(outcome.driver === undefined ? {} : { driver: outcome.driver }),
    ...(outcome.driverReason === undefined ? {} : { driverReason: outcome.driverReason }),
  };
  switch (result) {
    case 'purged':
      return { ...release, ...by, result, durationMs, ...(message === undefined ? {} : { note: message }) };
    case 'failed':
      return { ...release, ...by, result, durationMs, code, message: message ?? '', record: 'unknown' };
    case 'skipped':
      return { ...release, result, durationMs, reason: message ?? '' };
    case 'not-started':
      return { ...release, result, reason: message ?? '' };
  }
}

// What is known of a run at one moment, and how a PurgeRun's status and a report file say it. Pure.
import {
  PurgeRunBound,
  type PurgeRunCondition,
  PurgeRunConditionType,
  type PurgeRunOutcome,
  PurgeRunPhase,
  type PurgeRunStatus,
} from '../../api/v1alpha1/purge-run.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { PurgePlan } from '../plan/plan.ts';
import { boundedLeft } from '../verify/left-object.ts';
import { assembleReport, countsLine, type PurgeReport, type ReleaseOutcome, type StopCause } from './report.ts';
import type { RunHold } from './run-hold.ts';
import type { UndoNote } from './run-recorder.ts';

/** A policy in the cluster as it was read. */
export interface PolicyOrigin {
  readonly uid: string;
  readonly generation: number;
}

/** What is known of a run before it begins. */
export interface RunStart {
  readonly run: string;
  readonly plan: PurgePlan;
  readonly driver: string;
  readonly concurrency: number;
  readonly startedAtMs: number;
  /** A user's name as the API server knows it, or the schedule. */
  readonly requestedBy: string;
  /** Host or pod, and process. */
  readonly worker: string;
  /** What it lives by. */
  readonly hold: RunHold;
  readonly serviceAccount: string | undefined;
  /** How long its copies live. */
  readonly undoRetentionMs: number;
  /** Undefined where the policy is a file. */
  readonly origin: PolicyOrigin | undefined;
  /** What `-n` narrowed it to; undefined: all of the policy's. */
  readonly namespaces: readonly string[] | undefined;
}

/** A run at one moment. */
export interface RunRecord {
  readonly start: RunStart;
  readonly nowMs: number;
  readonly outcomes: readonly ReleaseOutcome[];
  readonly undo: readonly UndoNote[];
  /** Of a run that is over. */
  readonly report?: PurgeReport | undefined;
}

/** What a report file holds besides the report. */
export interface RunFileRecord extends RunHold {
  readonly phase: PurgeRunPhase;
  readonly requestedBy: string;
  readonly worker: string;
  readonly serviceAccount?: string;
  /** How long what it purged can be brought back, from its end on. Absent: a run from before it was noted. */
  readonly undoRetentionMs?: number;
  /** Of a run whose worker died, in a sentence: what is known of its end. */
  readonly ending?: string;
  readonly planned: PurgePlan['counts'];
  /** What `purge restore` checks the undo Secrets by. */
  readonly undo: readonly UndoNote[];
}

/** A report file: the report as far as it is known, and the record. */
export type RunFile = PurgeReport & { readonly record: RunFileRecord };

/** How far the run is. */
export function phaseOf({ report }: Pick<RunRecord, 'report'>): PurgeRunPhase {
  if (report === undefined) return PurgeRunPhase.running;
  if (report.stoppedBy === 'cap') return PurgeRunPhase.blocked;
  return report.counts.failed + report.counts.notStarted > 0 ? PurgeRunPhase.failed : PurgeRunPhase.succeeded;
}

/** The content of a report file. */
export function fileOf(record: RunRecord): RunFile {
  const { start, undo } = record;
  return {
    ...reportOf(record),
    record: {
      phase: phaseOf(record),
      requestedBy: start.requestedBy,
      worker: start.worker,
      ...start.hold,
      ...(start.serviceAccount === undefined ? {} : { serviceAccount: start.serviceAccount }),
      undoRetentionMs: start.undoRetentionMs,
      planned: start.plan.counts,
      undo,
    },
  };
}

/** The status of a PurgeRun, within its bounds; all but `undo`, which is written note by note. */
export function statusOf(record: RunRecord): PurgeRunStatus {
  const { start, report } = record;
  const { outcomes, counts, capsHit, stoppedBy } = reportOf(record);
  const told = [...outcomes.filter(isFailed), ...outcomes.filter((one) => !isFailed(one))];
  const omitted = told.length - PurgeRunBound.outcomes;
  return {
    phase: phaseOf(record),
    ...(start.origin === undefined ? {} : { policy: start.origin }),
    ...(start.serviceAccount === undefined ? {} : { serviceAccount: start.serviceAccount }),
    undoRetentionMs: start.undoRetentionMs,
    requestedBy: oneLine(start.requestedBy, PurgeRunBound.identityLength),
    worker: oneLine(start.worker, PurgeRunBound.identityLength),
    startedAt: new Date(start.startedAtMs).toISOString(),
    planned: start.plan.counts,
    capsHit: capsHit.map((hit) => ({ ...hit, reason: oneLine(hit.reason, PurgeRunBound.messageLength) })),
    counts,
    outcomes: told.slice(0, PurgeRunBound.outcomes).map(outcomeOf),
    ...(omitted > 0 ? { outcomesOmitted: omitted } : {}),
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
    ...(report === undefined
      ? {}
      : { completedAt: new Date(record.nowMs).toISOString(), conditions: [conditionOf(report, record.nowMs)] }),
  };
}

/** A run that is not over has the report of what happened until now. */
function reportOf({ start, nowMs, outcomes, report }: RunRecord): PurgeReport {
  if (report !== undefined) return report;
  const { run, plan, driver, concurrency, startedAtMs } = start;
  const durationMs = Math.max(0, nowMs - startedAtMs);
  return assembleReport({ run, plan, driver, concurrency, outcomes, startedAtMs, durationMs });
}

function isFailed({ result }: ReleaseOutcome): boolean {
  return result === 'failed';
}

function outcomeOf(outcome: ReleaseOutcome): PurgeRunOutcome {
  const { namespace, name, revision, chart, result } = outcome;
  const code = 'code' in outcome ? outcome.code : undefined;
  const left = 'left' in outcome ? outcome.left : undefined;
  const message = messageOf(outcome);
  return {
    namespace,
    name: oneLine(name, 253),
    revision,
    result,
    ...(chart === undefined ? {} : { chart: oneLine(chart, 253) }),
    ...('durationMs' in outcome ? { durationMs: outcome.durationMs } : {}),
    ...(code === undefined ? {} : { code: oneLine(code, 63) }),
    ...driverOf(outcome),
    ...boundedLeft(left ?? []),
    ...(message === undefined ? {} : { message: oneLine(message, PurgeRunBound.messageLength) }),
  };
}

function driverOf(outcome: ReleaseOutcome): Pick<PurgeRunOutcome, 'driver' | 'driverReason'> {
  if (!('driver' in outcome) || outcome.driver === undefined) return {};
  const { driver, driverReason } = outcome;
  if (driverReason === undefined) return { driver };
  return { driver, driverReason: oneLine(driverReason, PurgeRunBound.driverReasonLength) };
}

function messageOf(outcome: ReleaseOutcome): string | undefined {
  switch (outcome.result) {
    case 'purged':
      return outcome.note;
    case 'failed':
      return outcome.message;
    case 'skipped':
    case 'not-started':
      return outcome.reason;
  }
}

const conditionReasons: Readonly<Record<StopCause, string>> = {
  cap: 'CapHit',
  interrupted: 'Interrupted',
  deadline: 'DeadlineExceeded',
  failures: 'TooManyFailures',
  'lock-lost': 'LockLost',
  suspended: 'PolicySuspended',
  'policy-changed': 'PolicyChanged',
};

function conditionOf(report: PurgeReport, nowMs: number): PurgeRunCondition {
  const reason = report.stoppedBy === undefined ? 'ReleasesFailed' : conditionReasons[report.stoppedBy];
  const condition = failedCondition({ reason, message: countsLine(report.counts), nowMs });
  const isComplete = phaseOf({ report }) === PurgeRunPhase.succeeded;
  return isComplete ? { ...condition, type: PurgeRunConditionType.complete, reason: 'RunComplete' } : condition;
}

/** Of a run that is over and did not do all that it was to do. */
export function failedCondition({
  reason,
  message,
  nowMs,
}: Pick<PurgeRunCondition, 'reason' | 'message'> & { readonly nowMs: number }): PurgeRunCondition {
  const lastTransitionTime = new Date(nowMs).toISOString();
  return { type: PurgeRunConditionType.failed, status: 'True', lastTransitionTime, reason, message };
}

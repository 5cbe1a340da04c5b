// Which finished runs of a policy are forgotten: those beyond its history limits whose way back is over. Pure.
import { type PurgeRun, PurgeRunPhase } from '../../api/v1alpha1/purge-run.ts';

/** What decides. */
export interface HistoryRules {
  readonly policy: string;
  /** So many finished runs stay, as in CronJob. */
  readonly limits: { readonly successful: number; readonly failed: number };
  /** How long what a run purged can be brought back, from its end on: until then its digests are needed. */
  readonly retentionMs: number;
  readonly nowMs: number;
}

/** The runs to delete; never one that is not over. */
export function runsToForget(runs: readonly PurgeRun[], rules: HistoryRules): readonly PurgeRun[] {
  const ours = runs.filter(({ spec }) => spec.policy === rules.policy).toSorted(newestFirst);
  const beyond = (phases: readonly string[], limit: number): readonly PurgeRun[] =>
    ours.filter(({ status }) => phases.includes(status?.phase ?? '')).slice(limit);
  return [
    ...beyond([PurgeRunPhase.succeeded], rules.limits.successful),
    ...beyond([PurgeRunPhase.failed, PurgeRunPhase.blocked], rules.limits.failed),
  ].filter((run) => isWayBackOver(run, rules));
}

function isWayBackOver({ status }: PurgeRun, { retentionMs, nowMs }: HistoryRules): boolean {
  if (Object.keys(status?.undo ?? {}).length === 0) return true;
  const completedMs = Date.parse(status?.completedAt ?? '');
  return completedMs + retentionMs <= nowMs; // an end that nobody knows is never over
}

function newestFirst(a: PurgeRun, b: PurgeRun): number {
  const time = ({ status, metadata }: PurgeRun): string => status?.startedAt ?? metadata.creationTimestamp ?? '';
  return time(b) < time(a) ? -1 : time(b) > time(a) ? 1 : 0;
}

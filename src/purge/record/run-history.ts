// Which finished runs of a policy are forgotten: those beyond its history limits whose way back is over. Pure.
import { PurgeRunPhase } from '../../api/v1alpha1/purge-run.ts';
import { defaultUndoRetentionMs } from '../policy/settings.ts';
import type { StoredRun } from './read-run.ts';
import { newestFirst, type RunSummary, summaryOf } from './run-summary.ts';

/** What decides. */
export interface HistoryRules {
  readonly policy: string;
  /** So many finished runs stay, as in CronJob. */
  readonly limits: { readonly successful: number; readonly failed: number };
  /** The policy's as it is now: it only counts for runs that did not note their own. */
  readonly retentionMs: number;
  readonly nowMs: number;
}

/** The runs to delete, of the cluster and of files, which count together; never one that is not over. */
export function runsToForget<Run extends StoredRun>(runs: readonly Run[], rules: HistoryRules): readonly Run[] {
  const ours = runs
    .map((run) => ({ run, summary: summaryOf(run) }))
    .filter(({ summary }) => summary.policy === rules.policy)
    .sort((a, b) => newestFirst(a.summary, b.summary));
  const beyond = (phases: readonly PurgeRunPhase[], limit: number) =>
    ours.filter(({ summary }) => phases.includes(summary.phase)).slice(limit);
  return [
    ...beyond([PurgeRunPhase.succeeded], rules.limits.successful),
    ...beyond([PurgeRunPhase.failed, PurgeRunPhase.blocked], rules.limits.failed),
  ]
    .filter(({ summary }) => isWayBackOver(summary, rules))
    .map(({ run }) => run);
}

/**
 * Until then the run's digests are needed. What another policy says, or the same one later, shortens the life of no copy that is
 * there. An end that nobody knows is never over.
 */
function isWayBackOver(
  { undo, completedAt = '', undoRetentionMs }: RunSummary,
  { retentionMs, nowMs }: HistoryRules,
): boolean {
  const livesMs = undoRetentionMs ?? Math.max(retentionMs, defaultUndoRetentionMs);
  return undo === 0 || Date.parse(completedAt) + livesMs <= nowMs;
}

// What the commands of `purge` do, behind one door: purge.ts opens it when one of them is run, and not for `--help`.
import { runPurgeKeep } from './purge-keep.ts';
import { runPurgePlan } from './purge-plan.ts';
import { runPurgeRestore } from './purge-restore.ts';
import { runPurgeRun } from './purge-run.ts';
import { runPurgeRuns } from './purge-runs.ts';

/** By the name of the command. */
export const purgeActions = {
  plan: runPurgePlan,
  run: runPurgeRun,
  runs: runPurgeRuns,
  restore: runPurgeRestore,
  keep: runPurgeKeep,
} as const;

/** What {@link purgeActions} is. */
export type PurgeActions = typeof purgeActions;

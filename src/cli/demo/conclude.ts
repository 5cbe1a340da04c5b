// How a demo ends: cleaned up, or, with --keep, left up with a word on how to go on.
import { hints } from './hints.ts';
import { binDirsOf, type Stage } from './play-demo.ts';
import { readRecord, writeRecord } from './record.ts';
import { endOperator, hasCluster, takeDown } from './take-down.ts';

/** What is wanted, and what happened. */
export interface Conclusion {
  readonly keep: boolean;
  /** Then the operator is ended even with `keep`. */
  readonly isInterrupted: boolean;
}

/** Ends the demo. Runs to its end whatever is interrupted. @throws DemoError `DEMO_NOT_CLEAN`, LocalClusterError */
export async function conclude(stage: Stage, { keep, isInterrupted }: Conclusion): Promise<void> {
  const { workspace, io, narrator, packageRoot } = stage;
  if (!keep || !(await hasCluster(workspace, io))) {
    narrator.chapter('Clean-up');
    await takeDown(workspace, stage);
    return;
  }
  narrator.chapter('Left up');
  if (isInterrupted) await endOperator(workspace, narrator);
  const operator = isInterrupted ? undefined : (await readRecord(workspace.recordFile))?.operator;
  await writeRecord(workspace.recordFile, { isKept: true, ...(operator === undefined ? {} : { operator }) });
  const binDirs = await binDirsOf({ workspace, io: { ...io, signal: new AbortController().signal } });
  for (const line of hints(workspace, { packageRoot, binDirs, hasOperator: operator !== undefined })) {
    narrator.say(line);
  }
}

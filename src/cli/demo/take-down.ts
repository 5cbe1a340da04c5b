// The end of a demo: its operator, its cluster, its directory.
import { rm } from 'node:fs/promises';
import { logTail } from '../../local/log-tail.ts';
import { stopProcess } from '../../local/process.ts';
import { isRunning } from '../../local/process-identity.ts';
import { status } from '../../local/status.ts';
import type { CommandIo } from '../command.ts';
import { runLocalDown } from '../local.ts';
import { localEnvironment } from '../local-environment.ts';
import { DemoError } from './demo-error.ts';
import type { Narrator } from './narrator.ts';
import { readRecord } from './record.ts';
import type { DemoWorkspace } from './workspace.ts';

/** Who asks, and where it is told. */
export interface TakeDownContext {
  readonly io: CommandIo;
  readonly narrator: Narrator;
}

/** It finishes the helm calls that it has begun; after this it is killed, and they with it. */
const operatorGraceMs = 20_000;

/**
 * Ends the operator and the cluster, and removes the directory; what is not there any more is fine. Once begun it is
 * carried through, whatever is interrupted. @throws DemoError `DEMO_NOT_CLEAN`, LocalClusterError; then the record stays
 */
export async function takeDown(workspace: DemoWorkspace, { io, narrator }: TakeDownContext): Promise<void> {
  try {
    await endOperator(workspace, narrator);
  } finally {
    const { name } = workspace;
    if (await hasCluster(workspace, io)) {
      narrator.typed(`bookstore-operator local down --name ${name}`);
      const { stream } = narrator;
      await runLocalDown({ name }, { ...io, stdout: stream, stderr: stream, signal: new AbortController().signal });
    }
  }
  await rm(workspace.dir, { recursive: true, force: true });
}

/** Ends the operator that the record names, and no other process. @throws DemoError `DEMO_NOT_CLEAN` */
export async function endOperator(workspace: DemoWorkspace, narrator: Narrator): Promise<void> {
  const { operator } = (await readRecord(workspace.recordFile)) ?? {};
  if (operator === undefined || !(await isRunning(operator))) return;
  narrator.typed(`kill ${operator.pid}`, 'the operator');
  if (!(await stopProcess(operator, { graceMs: operatorGraceMs }))) {
    throw new DemoError('DEMO_NOT_CLEAN', `the operator (process ${operator.pid}) does not end`, {
      remedy: `End it: kill -9 ${operator.pid}`,
    });
  }
  for (const line of await logTail(workspace.operatorLog, 1)) narrator.output(line);
}

/** Whether there is a cluster of the demo's name, running or not. */
export async function hasCluster({ name }: DemoWorkspace, io: Pick<CommandIo, 'config'>): Promise<boolean> {
  return (await status({ name }, { environment: localEnvironment(io.config) })).phase !== 'Absent';
}

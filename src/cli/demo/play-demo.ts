// The demo's course: every chapter in order, each line typed and checked.
import { shellWord } from '../../lib/shell-word.ts';
import type { ProcessIdentity } from '../../local/process-identity.ts';
import { findTools } from '../../local/tools.ts';
import type { CommandIo } from '../command.ts';
import { runLocalUp } from '../local.ts';
import { localContext } from '../local-environment.ts';
import type { Narrator } from './narrator.ts';
import { type Program, startOperator } from './operator-process.ts';
import { createBookStore, installCrds, useBookStore } from './operator-steps.ts';
import {
  fillNamespaces,
  installAgain,
  lookAfterPurge,
  lookAgain,
  planPurge,
  purgeAtOnce,
  purgeSerially,
} from './purge-steps.ts';
import type { Step } from './step.ts';
import { runStep, runSteps, stepFailed, type Terminal } from './step-runner.ts';
import { type DemoTimes, type PurgeTime, purgeTime } from './times.ts';
import { type DemoWorkspace, demoEnvironment, writeShim } from './workspace.ts';
import { releasesThatAre } from './world.ts';

/** What a demo is played with. */
export interface Stage {
  readonly workspace: DemoWorkspace;
  readonly io: CommandIo;
  readonly narrator: Narrator;
  /** The program that runs now. */
  readonly program: Program;
  /** Where deploy/ and charts/ are. */
  readonly packageRoot: string;
  /** Told of a process that has to be ended some day. */
  readonly onOperator: (operator: ProcessIdentity) => Promise<void>;
}

/** Plays it from the first line to the last; cleans nothing up. @throws DemoError, LocalClusterError, the signal's reason */
export async function playDemo(stage: Stage): Promise<DemoTimes> {
  const { narrator } = stage;
  narrator.chapter('A cluster: the real control plane as processes of this machine, kwok plays the nodes');
  const terminal = await openTerminal(stage);

  narrator.chapter('The operator');
  await runSteps(installCrds, terminal);
  await startOperator({ ...stage, onStarted: stage.onOperator }, terminal);

  narrator.chapter('A BookStore comes, grows and goes');
  const { durationMs: applyToReadyMs } = await runSteps(createBookStore, terminal);
  await runSteps(useBookStore, terminal);

  narrator.chapter("A working day in the developers' namespaces");
  await runSteps(fillNamespaces, terminal);

  narrator.chapter('After office hours: the purge');
  await runSteps(planPurge, terminal);
  const atOnce = await timedPurge(purgeAtOnce, terminal);
  await runSteps(lookAfterPurge, terminal);

  narrator.chapter('The same releases once more, one after another, for the comparison');
  await runSteps(installAgain, terminal);
  const serial = await timedPurge(purgeSerially, terminal);
  await runSteps(lookAgain, terminal);
  return { applyToReadyMs, atOnce, serial, releaseCount: releasesThatAre('purged').length };
}

/** The directories that make a shell see what the demo's lines see, first to last. */
export async function binDirsOf({ workspace, io }: Pick<Stage, 'workspace' | 'io'>): Promise<readonly string[]> {
  const { helm, kubectl } = await findTools(localContext(io, () => undefined));
  const found = [workspace.binDir, helm.binDir, kubectl.binDir].filter((dir) => dir !== undefined);
  return [...new Set(found)];
}

async function openTerminal(stage: Stage): Promise<Terminal> {
  const { workspace, io, narrator, packageRoot: cwd } = stage;
  const { stream } = narrator;
  narrator.typed(`bookstore-operator local up --name ${workspace.name}`);
  await runLocalUp({ name: workspace.name, nodes: 3 }, { ...io, stdout: stream, stderr: stream });
  io.signal.throwIfAborted();
  await writeShim(workspace, stage.program);
  const binDirs = await binDirsOf(stage);
  narrator.say(`(here bookstore-operator is ${stage.program.map(shellWord).join(' ')})`);
  return { env: demoEnvironment(workspace, { env: io.config.env, binDirs }), cwd, narrator, signal: io.signal };
}

async function timedPurge(step: Step, terminal: Terminal): Promise<PurgeTime> {
  const time = purgeTime((await runStep(step, terminal)).output);
  if (time === undefined) throw stepFailed(step.line, 'a summary with the time that the purge took');
  return time;
}

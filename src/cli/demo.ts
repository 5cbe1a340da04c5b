// `bookstore-operator demo`: the whole main job on a local cluster of its own, line by line, and clean-up after it.
import { Option } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { withFileLock } from '../local/file-lock.ts';
import { logTail } from '../local/log-tail.ts';
import type { CommandHost, CommandIo } from './command.ts';
import { claim } from './demo/claim.ts';
import { conclude } from './demo/conclude.ts';
import { DemoError } from './demo/demo-error.ts';
import { Narrator, wantsColour } from './demo/narrator.ts';
import { playDemo, type Stage } from './demo/play-demo.ts';
import { readRecord, writeRecord } from './demo/record.ts';
import { takeDown } from './demo/take-down.ts';
import { type DemoTimes, timesTable } from './demo/times.ts';
import { type DemoWorkspace, demoWorkspace } from './demo/workspace.ts';
import { ExitCode } from './exit-code.ts';
import { mainFile, packageRoot } from './package-root.ts';

/** Options of the command. */
export interface DemoOptions {
  /** Of the cluster and of everything else that is the demo's. */
  readonly name: string;
  readonly keep: boolean;
  readonly down: boolean;
}

const help = `
The demo starts a cluster and an operator of its own, never touches another one, and takes both down at its end, after
a failure and after Ctrl-C. What --keep left up, the next demo of that name finds and leaves alone: it says so and ends
with exit code 2. What a killed demo left is taken down by the next one, or by --down.
Exit code 0: every line did what it should. 1: one did not, and its output says what. 5: a demo of that name is running. 130: interrupted.`;

/** Adds the command to the program. */
export function addDemoCommand({ parent, io, complete }: CommandHost): void {
  parent
    .command('demo')
    .description('show the whole main job on a local cluster of its own: operator, purge, clean-up')
    .option('--name <name>', 'name of the cluster; two demos at a time need two', 'demo')
    .addOption(
      new Option('--keep', 'leave everything up, and say how to go on by hand').default(false).conflicts('down'),
    )
    .addOption(new Option('--down', 'only take down what --keep or a killed demo left').default(false))
    .addHelpText('after', help)
    .action((options: DemoOptions) => complete(runDemo(options, io)));
}

/**
 * Plays the demo, or takes one down.
 * @throws DemoError where it could not begin, or a line did not do what it should; then it is cleaned up already
 */
export async function runDemo(options: DemoOptions, io: CommandIo): Promise<ExitCode> {
  const workspace = demoWorkspace(io.config.stateHome, options.name);
  const narrator = new Narrator(io.stdout, { hasColour: wantsColour(io.stdout, io.config.env) });
  const onOperator: Stage['onOperator'] = (operator) => writeRecord(workspace.recordFile, { isKept: false, operator });
  const stage: Stage = { workspace, io, narrator, program: [process.execPath, mainFile], packageRoot, onOperator };
  const work = () => (options.down ? takeKeptDown(stage) : play(stage, options));
  return withFileLock(workspace.lockFile, work, { signal: io.signal, onWait: (pid) => refuse(workspace, pid) });
}

async function play(stage: Stage, { keep }: DemoOptions): Promise<ExitCode> {
  const { workspace, io, narrator } = stage;
  const startedAt = systemClock.monotonic();
  await claim(workspace, stage);
  let times: DemoTimes;
  try {
    times = await playDemo(stage);
  } catch (error) {
    const isInterrupted = io.signal.aborted;
    if (!isInterrupted) await tellLastOfTheLog(stage);
    await conclude(stage, { keep, isInterrupted });
    if (!isInterrupted) throw error;
    io.stderr.write('interrupted\n');
    return ExitCode.interrupted;
  }
  const tell = (): void => {
    narrator.chapter('Times');
    for (const line of timesTable(times)) narrator.say(line);
    const wholeSeconds = Math.round((systemClock.monotonic() - startedAt) / 1_000);
    narrator.say(`\nEvery step did what it should, in ${wholeSeconds} s.`);
  };
  // Last comes what is to be read last: the times, or, with --keep, how to go on.
  if (keep) tell();
  await conclude(stage, { keep, isInterrupted: false });
  if (!keep) tell();
  if (!io.signal.aborted) return ExitCode.done;
  io.stderr.write('interrupted at the very end; nothing was left undone\n');
  return ExitCode.interrupted;
}

async function takeKeptDown({ workspace, io, narrator }: Stage): Promise<ExitCode> {
  if ((await readRecord(workspace.recordFile)) === undefined) {
    io.stderr.write(`no demo has left a local cluster ${workspace.name} up\n`);
    return ExitCode.done;
  }
  await takeDown(workspace, { io, narrator });
  return ExitCode.done;
}

async function tellLastOfTheLog({ workspace, narrator }: Stage): Promise<void> {
  const lines = await logTail(workspace.operatorLog, 15);
  if (lines.length > 0) narrator.say("\nthe operator's last log lines:");
  for (const line of lines) narrator.output(`  ${line}`);
}

function refuse({ name }: DemoWorkspace, pid: number): never {
  throw new DemoError('DEMO_RUNNING', `a demo on the local cluster ${name} is running already (process ${pid})`, {
    isTerminal: true,
    remedy: 'Wait for its end, or give this one another name: --name another-demo.',
  });
}

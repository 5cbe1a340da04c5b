// Types a step's line: prints it, runs it, shows its output as it comes, and checks what came of it.
import { systemClock } from '../../lib/clock.ts';
import { runProgram } from '../../local/run-program.ts';
import { DemoError } from './demo-error.ts';
import type { Narrator } from './narrator.ts';
import { type Step, type StepResult, stepProblem } from './step.ts';

/** Where lines are typed. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
}

/** No line of the demo takes a tenth of this; one that hangs must not hang the demo. */
const stepTimeoutMs = 180_000;

/** Runs one step. @throws DemoError `DEMO_STEP_FAILED`; the signal's reason where it aborts */
export async function runStep(step: Step, terminal: Terminal): Promise<StepResult> {
  const { narrator, env, cwd, signal } = terminal;
  narrator.typed(step.line, step.why);
  const startedAt = systemClock.monotonic();
  const lines: string[] = [];
  // One stream for both: the lines come in the order in which they were written.
  const { exitCode } = await runProgram(['sh', '-c', `exec 1>&2\n${step.line}`], {
    env,
    cwd,
    signal,
    timeoutMs: stepTimeoutMs,
    onStderrLine: (line) => {
      lines.push(line);
      narrator.output(line);
    },
  });
  const result = { output: lines.join('\n'), durationMs: systemClock.monotonic() - startedAt };
  const problem = stepProblem(step, { exitCode, output: result.output });
  if (problem !== undefined) {
    narrator.fails(problem);
    throw stepFailed(step.line, problem.expected);
  }
  for (const { claim } of step.expects ?? []) narrator.holds(claim);
  return result;
}

/** Runs steps one after the other. The last one's output, the time of all. */
export async function runSteps(steps: readonly Step[], terminal: Terminal): Promise<StepResult> {
  let last: StepResult = { output: '', durationMs: 0 };
  for (const step of steps) {
    const result = await runStep(step, terminal);
    last = { output: result.output, durationMs: last.durationMs + result.durationMs };
  }
  return last;
}

/** The error of a step that did not do what it should. */
export function stepFailed(line: string, expected: string, cause?: unknown): DemoError {
  return new DemoError('DEMO_STEP_FAILED', `the demo failed at: ${line}\n  expected: ${expected}`, {
    cause,
    remedy: 'Look at its output above; with --keep the demo leaves everything up after a failure, to look around in.',
  });
}

// The demo's operator: the very program that runs now, as a process of its own with its log in a file.

import { systemClock } from '../../lib/clock.ts';
import { shellWord } from '../../lib/shell-word.ts';
import { logTail } from '../../local/log-tail.ts';
import { freePorts } from '../../local/ports.ts';
import { startDetached } from '../../local/process.ts';
import { isRunning, type ProcessIdentity } from '../../local/process-identity.ts';
import { stepFailed, type Terminal } from './step-runner.ts';
import type { DemoWorkspace } from './workspace.ts';

/** What starts the program that runs now: the Node binary and its script. */
export type Program = readonly [string, ...string[]];

const readyTimeoutMs = 60_000;
const pollMs = 50;

/**
 * Starts `run` and waits until it is ready. `onStarted` is called as soon as there is a process to be ended.
 * @throws DemoError `DEMO_STEP_FAILED`; the signal's reason
 */
export async function startOperator(
  {
    program,
    workspace,
    onStarted,
  }: {
    readonly program: Program;
    readonly workspace: DemoWorkspace;
    readonly onStarted: (operator: ProcessIdentity) => Promise<void>;
  },
  { env, cwd, narrator, signal }: Terminal,
): Promise<void> {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const words = ['run', '--health-probe-bind-address', address];
  const line = `bookstore-operator ${words.join(' ')} > ${shellWord(workspace.operatorLog)} 2>&1 &`;
  narrator.typed(line, 'the operator, as a process on this machine; in a cluster it is the Deployment of deploy/');
  signal.throwIfAborted();
  const startedAt = systemClock.monotonic();
  const [file, ...args] = program;
  const operator = await startDetached({ file, args: [...args, ...words], cwd, env, logFile: workspace.operatorLog });
  if (operator !== undefined) await onStarted(operator);
  while (!(await isReady(address, signal))) {
    signal.throwIfAborted();
    const hasEnded = operator === undefined || !(await isRunning(operator));
    if (hasEnded || systemClock.monotonic() - startedAt > readyTimeoutMs) {
      const found = hasEnded ? 'it has ended' : `it is not ready after ${readyTimeoutMs / 1_000} s`;
      const problem = { expected: `http://${address}/readyz answers that it is ready`, found };
      narrator.fails(problem);
      throw stepFailed(line, problem.expected);
    }
    await systemClock.sleep(pollMs, signal);
  }
  for (const logLine of await logTail(workspace.operatorLog)) narrator.output(logLine);
  narrator.holds(
    `ready after ${((systemClock.monotonic() - startedAt) / 1_000).toFixed(1)} s (http://${address}/readyz)`,
  );
}

async function isReady(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`http://${address}/readyz`, { signal });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false; // it does not listen yet
  }
}

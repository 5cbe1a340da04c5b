// Runs another program to its end, in a process group of its own, so that it and its children can be ended together.
import { execa } from 'execa';

/** One run. */
export interface ProgramRun {
  readonly cwd?: string;
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the group: INT, then KILL after five seconds. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Called for each line on stderr, as it comes. */
  readonly onStderrLine?: (line: string) => void;
}

/** How it ended. */
export interface ProgramResult {
  /** Undefined where it was not started (`cannot be found`) or ended by a signal. */
  readonly exitCode: number | undefined;
  readonly isMissing: boolean;
  readonly stdout: string;
  /** The last {@link keptLines} lines of stderr. */
  readonly stderrTail: readonly string[];
}

const keptLines = 40;
const killAfterMs = 5_000;

/** Runs `[file, ...args]`. Throws nothing but the signal's reason: how a program ended is a value. */
export async function runProgram(command: readonly [string, ...string[]], run: ProgramRun): Promise<ProgramResult> {
  run.signal?.throwIfAborted();
  const [file, ...args] = command;
  const child = execa(file, args, {
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    env: run.env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    detached: true,
    buffer: { stdout: true, stderr: false },
  });
  const endGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // it is gone
    }
  };
  let killTimer: NodeJS.Timeout | undefined;
  const end = () => {
    endGroup('SIGINT'); // go removes its own work directory on INT
    killTimer = setTimeout(() => endGroup('SIGKILL'), killAfterMs);
  };
  const timeout = run.timeoutMs === undefined ? undefined : setTimeout(end, run.timeoutMs);
  run.signal?.addEventListener('abort', end, { once: true });
  const onExit = () => endGroup('SIGKILL'); // a process.exit() somewhere must not leave a compiler running
  process.once('exit', onExit);
  try {
    const [stderrTail, result] = await Promise.all([tail(child.iterable({ from: 'stderr' }), run.onStderrLine), child]);
    run.signal?.throwIfAborted();
    const isMissing = result.failed && result.exitCode === undefined && result.code === 'ENOENT';
    return { exitCode: result.exitCode, isMissing, stdout: result.stdout, stderrTail };
  } finally {
    run.signal?.removeEventListener('abort', end);
    process.off('exit', onExit);
    clearTimeout(timeout);
    clearTimeout(killTimer);
    if (killTimer !== undefined) endGroup('SIGKILL'); // a grandchild that ignored INT and let go of our pipes
  }
}

async function tail(lines: AsyncIterable<string>, onLine?: (line: string) => void): Promise<string[]> {
  const kept: string[] = [];
  for await (const line of lines) {
    onLine?.(line);
    kept.push(line);
    if (kept.length > keptLines) kept.shift();
  }
  return kept;
}

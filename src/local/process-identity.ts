// Which process a pid means: pid and start time together, because pids are used again.
import { readFileSync } from 'node:fs';
import { execa } from 'execa';

/** One process of this boot of this machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the very same process. */
  readonly startedAt: string;
}

/** The identity of a running process; undefined where there is none, or only what is left of one (a zombie). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? startTimeFromProc(pid) : await startTimeFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True while that very process runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startedAt === identity.startedAt;
}

function startTimeFromProc(pid: number): string | undefined {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return startTimeOfStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), bootId);
  } catch {
    return undefined;
  }
}

/**
 * Start time from `/proc/PID/stat` (proc(5): field 3 is the state, 20 the number of threads, 22 the start in ticks since
 * boot); undefined for a zombie. A killed process is a zombie from the moment its first thread has ended, but keeps its
 * ports until the last one has: until then it counts as running. The command in field 2 may contain blanks and
 * parentheses: fields are counted behind its last `)`.
 */
export function startTimeOfStat(stat: string, bootId: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const threads = Number(fields[17]);
  const ticks = fields[19];
  const hasEnded = (state === 'Z' || state === 'X') && threads <= 1;
  return hasEnded || ticks === undefined ? undefined : `${bootId}/${ticks}`;
}

async function startTimeFromPs(pid: number): Promise<string | undefined> {
  const { exitCode, stdout } = await execa('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    env: { LC_ALL: 'C' },
    reject: false,
  });
  const [, state = '', started = ''] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout) ?? [];
  return exitCode !== 0 || state.startsWith('Z') || started === '' ? undefined : started;
}

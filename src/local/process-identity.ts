// Which process a pid means: pid and start time together, because pids are used again.
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { startTicksOf } from '../lib/proc-stat.ts';

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
    const ticks = startTicksOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return ticks === undefined ? undefined : `${bootId}/${ticks}`;
  } catch {
    return undefined;
  }
}

async function startTimeFromPs(pid: number): Promise<string | undefined> {
  const { exitCode, stdout } = await execa('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    env: { LC_ALL: 'C' },
    reject: false,
  });
  const [, state = '', started = ''] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout) ?? [];
  return exitCode !== 0 || state.startsWith('Z') || started === '' ? undefined : started;
}

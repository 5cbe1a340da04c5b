// What the kernel says about a running process, and about the machine: CPU time and resident memory. Linux only.
import { readFileSync } from 'node:fs';

/** Figures of one moment. */
export interface ProcessFigures {
  /** User and system time since the start, in seconds. */
  readonly cpuSeconds: number;
  /** The same of all children that have ended. */
  readonly childrenCpuSeconds: number;
  readonly residentMb: number;
  readonly peakResidentMb: number;
}

/** Ticks a second in /proc; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Reads /proc. @throws where the process is gone */
export function processFigures(pid: number): ProcessFigures {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return {
    cpuSeconds: (user + system) / ticksPerSecond,
    childrenCpuSeconds: (childrenUser + childrenSystem) / ticksPerSecond,
    residentMb: kb('VmRSS') / 1024,
    peakResidentMb: kb('VmHWM') / 1024,
  };
}

/** CPU seconds of everything on the machine since it was started, waiting for disks not among them. */
export function machineCpuSeconds(): number {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, _idle, _wait, interrupts = 0, soft = 0, stolen = 0] = fields.map(Number);
  return (user + nice + system + interrupts + soft + stolen) / ticksPerSecond;
}

// Finds the processes of a cluster without its state file: by what their command lines say.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { execa } from 'execa';
import { type ComponentName, componentNames } from './components.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** A process that is a component of a cluster. */
export interface ComponentProcess {
  readonly name: ComponentName;
  readonly identity: ProcessIdentity;
}

/**
 * The running components of the cluster in `stateDir`, in stopping order, whether its state file knows them or not. Only
 * processes of this user are looked at, and on Linux only those that see the same file system: a cluster inside a
 * container may have a directory of the same name.
 */
export async function findComponentProcesses(stateDir: string): Promise<ComponentProcess[]> {
  if (!isAbsolute(stateDir)) return [];
  const isLinux = process.platform === 'linux';
  const pids = (isLinux ? commandLinesFromProc() : await commandLinesFromPs(['-U', String(process.getuid?.())]))
    .filter(({ commandLine }) => componentOf(commandLine, stateDir) !== undefined)
    .map(({ pid }) => pid);
  const found: ComponentProcess[] = [];
  for (const pid of pids) {
    // Read again now that the process is identified: the pid may have passed to another one meanwhile.
    const identity = await identify(pid);
    const [again] = isLinux ? commandLineFromProc(String(pid)) : await commandLinesFromPs(['-p', String(pid)]);
    const name = again === undefined ? undefined : componentOf(again.commandLine, stateDir);
    if (identity !== undefined && name !== undefined) found.push({ name, identity });
  }
  return found.toSorted((one, other) => componentNames.indexOf(other.name) - componentNames.indexOf(one.name));
}

/**
 * Which component of the cluster in `stateDir` a command line starts; undefined for anything else, also for a kubectl or
 * an editor that works with a file of that directory.
 */
export function componentOf([file = '', ...args]: readonly string[], stateDir: string): ComponentName | undefined {
  const name = componentNames.find((each) => each === basename(file));
  return args.some((arg) => arg.startsWith('--') && arg.includes(`=${stateDir}/`)) ? name : undefined;
}

/** A process and its arguments, its file first. */
export interface RunningCommand {
  readonly pid: number;
  readonly commandLine: readonly string[];
}

/**
 * What `ps -o pid=,args=` prints. It separates arguments by blanks, which a path may hold too; each argument of a
 * component begins with `--`.
 */
export function parsePs(text: string): RunningCommand[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, commandLine = ''] = /^\s*(\d+)\s+(.*\S)\s*$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), commandLine: commandLine.split(/ (?=--)/) }];
  });
}

async function commandLinesFromPs(selection: readonly string[]): Promise<RunningCommand[]> {
  const { stdout } = await execa('ps', ['-ww', '-o', 'pid=,args=', ...selection], { reject: false });
  return parsePs(stdout);
}

function commandLinesFromProc(): RunningCommand[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap(commandLineFromProc);
}

/** One, or none where the process has ended, belongs to somebody else or lives in another file system. */
function commandLineFromProc(pid: string): RunningCommand[] {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) return [];
    if (readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt')) return [];
    return [{ pid: Number(pid), commandLine: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }];
  } catch {
    return [];
  }
}

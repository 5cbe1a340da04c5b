// Who is measured beside the bare API: our operator as built, and operator-sdk's helm-operator where its binary is named.
import { join } from 'node:path';
import { programVersion, requireProgram } from '../named-program.ts';

/** An operator to be measured. */
export interface Contender {
  readonly side: 'ours' | 'peer';
  /** For messages. */
  readonly name: string;
  /** Program and first arguments. */
  readonly program: readonly [string, ...string[]];
  /** What its readiness probe answers once it acts. A standby of ours is ready as well. */
  readonly readyAnswer: RegExp;
  /** The condition that says that a resource is done. */
  readonly doneCondition: 'Ready' | 'Deployed';
  /** Whether it starts helm as a process; the other one has it within. */
  readonly hasHelmProcesses: boolean;
}

/** The built program. */
export const ours: Contender = {
  side: 'ours',
  name: 'our operator',
  program: [process.execPath, join(import.meta.dirname, '..', '..', 'dist', 'main.js')],
  readyAnswer: /^ok, leading/,
  doneCondition: 'Ready',
  hasHelmProcesses: true,
};

/** The binary that `BENCH_HELM_OPERATOR` names; undefined where it names none. @throws UsageError where it cannot be run */
export async function peerOf(binary: string | undefined): Promise<Contender | undefined> {
  if (binary === undefined) return undefined;
  await requireProgram('BENCH_HELM_OPERATOR', binary);
  return {
    side: 'peer',
    name: 'helm-operator',
    program: [binary],
    readyAnswer: /^ok/,
    doneCondition: 'Deployed',
    hasHelmProcesses: false,
  };
}

/** What both take is given to both alike: their defaults otherwise, but for our Lease, since that is how we are deployed. */
export function commandOf(
  contender: Contender,
  places: { readonly watchesFile: string; readonly probePort: number },
): { readonly file: string; readonly args: readonly string[] } {
  const [file, ...first] = contender.program;
  const args = [
    ...first,
    'run',
    `--watches-file=${places.watchesFile}`,
    '--metrics-bind-address=0',
    `--health-probe-bind-address=127.0.0.1:${places.probePort}`,
    ...(contender.side === 'ours' ? ['--leader-elect'] : []),
  ];
  return { file, args };
}

/** What the other one says of its version. */
export function versionOf({ program: [file, ...first] }: Contender): Promise<string | undefined> {
  return programVersion(file, [...first, 'version']);
}

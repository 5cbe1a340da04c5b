// Ends processes of a cluster: those that are remembered, and those that are not.
import type { ClusterPaths } from './cluster-paths.ts';
import { type ComponentProcess, findComponentProcesses } from './component-processes.ts';
import { LocalClusterError } from './local-error.ts';
import type { LocalEvent } from './local-event.ts';
import { stopProcess } from './process.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** TERM, then KILL after this. */
const stopGraceMs = 10_000;

/**
 * Ends the processes in the order given.
 * @throws LocalClusterError `LOCAL_STOP_FAILED`
 */
export async function stopComponents(components: readonly ComponentProcess[]): Promise<void> {
  for (const { name, identity } of components) {
    if (await stopProcess(identity, { graceMs: stopGraceMs })) continue;
    throw new LocalClusterError('LOCAL_STOP_FAILED', `${name} (process ${identity.pid}) does not end`, {
      remedy: `End it by hand (kill -9 ${identity.pid}) and repeat the command.`,
    });
  }
}

/** Whose strays, and whom to tell. */
export interface StrayOptions {
  /** Processes that the state file remembers: no strays. */
  readonly known: readonly ProcessIdentity[];
  readonly report: (event: LocalEvent) => void;
}

/**
 * Ends what runs in the cluster's directory without being remembered: a killed `up` leaves such a process, as does a state
 * file that is broken or gone. Resolves to their number.
 * @throws LocalClusterError `LOCAL_STOP_FAILED`
 */
export async function stopStrays(paths: ClusterPaths, { known, report }: StrayOptions): Promise<number> {
  const isKnown = ({ identity }: ComponentProcess) =>
    known.some(({ pid, startedAt }) => pid === identity.pid && startedAt === identity.startedAt);
  const strays = (await findComponentProcesses(paths.stateDir)).filter((each) => !isKnown(each));
  for (const { name, identity } of strays) {
    const message = `${name} (process ${identity.pid}) runs in ${paths.stateDir} without being remembered: ending it`;
    report({ kind: 'note', message });
  }
  await stopComponents(strays);
  return strays.length;
}

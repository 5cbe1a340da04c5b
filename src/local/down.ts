// Takes a local cluster down: ends its processes, and no others, and removes all that it was.
import { type ClusterPaths, clusterPaths } from './cluster-paths.ts';
import { findComponentProcesses } from './component-processes.ts';
import { ControlPlane } from './control-plane.ts';
import { withFileLock } from './file-lock.ts';
import { isThere, removeDirs } from './files.ts';
import type { LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';
import type { ClusterState } from './state.ts';
import { readState } from './state-store.ts';
import { stopStrays } from './stop-components.ts';

/**
 * Resolves when nothing of the cluster is left; a cluster that is not there is no error, one whose state file is broken
 * or gone is found by its processes. Once begun it is carried through: an abort only ends the wait for another command.
 * @throws LocalClusterError `LOCAL_STOP_FAILED`; then the state directory stays
 */
export async function down(options: { readonly name: string }, context: LocalContext): Promise<'stopped' | 'absent'> {
  const { environment, signal, report } = context;
  const paths = clusterPaths(environment.stateHome, options.name);
  if (!(await isAnythingLeft(paths))) return 'absent';
  const onWait = (pid: number) =>
    report({ kind: 'note', message: `another command works on the cluster ${options.name} (process ${pid}); waiting` });
  const work = async (): Promise<'stopped' | 'absent'> => {
    const wasThere = await isThere(paths.stateDir);
    const state = await readStateOrSay(paths, context);
    if (state !== undefined) await new ControlPlane(paths, state, context).stop();
    const strays = await stopStrays(paths, { known: [], report });
    await removeDirs(paths.stateDir, paths.logDir);
    return wasThere || strays > 0 ? 'stopped' : 'absent';
  };
  return withFileLock(paths.lockFile, work, { signal, onWait });
}

async function isAnythingLeft({ stateDir, logDir }: ClusterPaths): Promise<boolean> {
  if ((await isThere(stateDir)) || (await isThere(logDir))) return true;
  return (await findComponentProcesses(stateDir)).length > 0;
}

async function readStateOrSay(paths: ClusterPaths, context: LocalContext): Promise<ClusterState | undefined> {
  try {
    return await readState(paths);
  } catch (error) {
    if (!(error instanceof LocalClusterError)) throw error;
    context.report({ kind: 'note', message: `${error.message}: looking for the cluster's processes without it` });
    return undefined;
  }
}

// Takes a local cluster down: ends its processes, and no others, and removes all that it was.
import { rm } from 'node:fs/promises';
import { clusterPaths } from './cluster-paths.ts';
import { ControlPlane } from './control-plane.ts';
import { withFileLock } from './file-lock.ts';
import { isThere } from './files.ts';
import type { LocalContext } from './local-environment.ts';
import { readState } from './state-store.ts';

/**
 * Resolves when nothing of the cluster is left; a cluster that is not there is no error. Once begun it is carried
 * through: an abort only ends the wait for another command.
 * @throws LocalClusterError `LOCAL_STATE_UNREADABLE`, `LOCAL_STOP_FAILED`; then the state directory stays
 */
export async function down(options: { readonly name: string }, context: LocalContext): Promise<'stopped' | 'absent'> {
  const { environment, signal, report } = context;
  const paths = clusterPaths(environment.stateHome, options.name);
  if (!(await isThere(paths.stateDir))) return 'absent';
  const onWait = (pid: number) =>
    report({ kind: 'note', message: `another command works on the cluster ${options.name} (process ${pid}); waiting` });
  const work = async (): Promise<'stopped' | 'absent'> => {
    if (!(await isThere(paths.stateDir))) return 'absent';
    const state = await readState(paths);
    if (state !== undefined) await new ControlPlane(paths, state, context).stop();
    await rm(paths.stateDir, { recursive: true, force: true });
    return 'stopped';
  };
  return withFileLock(paths.lockFile, work, { signal, onWait });
}

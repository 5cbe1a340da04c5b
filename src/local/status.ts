// What is known of a local cluster: its processes, its address, its nodes. Changes nothing.

import { countNodes } from './cluster-objects.ts';
import { type ClusterPaths, clusterPaths } from './cluster-paths.ts';
import { type ComponentName, componentNames } from './components.ts';
import { logFileOf } from './control-plane.ts';
import { LocalApi } from './local-api.ts';
import type { LocalEnvironment } from './local-environment.ts';
import { logTail } from './log-tail.ts';
import { pkiFiles } from './pki.ts';
import { isRunning } from './process-identity.ts';
import { type ClusterState, serverUrl } from './state.ts';
import { readState } from './state-store.ts';

/** One process. */
export interface ComponentStatus {
  readonly name: ComponentName;
  readonly state: 'running' | 'dead';
  /** The pid it has or had; undefined where it was never started. */
  readonly pid: number | undefined;
  /** The last lines of a dead one. */
  readonly lastLogLines: readonly string[];
}

/** A cluster as found. */
export interface ClusterStatus {
  readonly name: string;
  /** `Degraded`: some processes died; `Dead`: all of them; `Unready`: all run, but the API does not answer. */
  readonly phase: 'Absent' | 'Running' | 'Unready' | 'Degraded' | 'Dead';
  readonly server?: string;
  readonly kubeconfig?: string;
  readonly stateDir?: string;
  /** RFC 3339. */
  readonly createdAt?: string;
  readonly nodes?: { readonly ready: number; readonly total: number };
  readonly components: readonly ComponentStatus[];
}

/** @throws LocalClusterError `LOCAL_NAME_INVALID`, `LOCAL_STATE_UNREADABLE` */
export async function status(
  options: { readonly name: string },
  context: { readonly environment: LocalEnvironment },
): Promise<ClusterStatus> {
  const paths = clusterPaths(context.environment.stateHome, options.name);
  const state = await readState(paths);
  if (state === undefined) return { name: options.name, phase: 'Absent', components: [] };
  const components = await Promise.all(componentNames.map((name) => componentStatus(name, { paths, state })));
  const dead = components.filter((component) => component.state === 'dead').length;
  const nodes = dead === 0 ? await readNodes(paths, state) : undefined;
  return {
    name: options.name,
    phase: phaseOf({ dead, hasNodes: nodes !== undefined }),
    server: serverUrl(state),
    kubeconfig: paths.kubeconfig,
    stateDir: paths.stateDir,
    createdAt: state.createdAt,
    ...(nodes === undefined ? {} : { nodes }),
    components,
  };
}

function phaseOf(found: { readonly dead: number; readonly hasNodes: boolean }): ClusterStatus['phase'] {
  if (found.dead === componentNames.length) return 'Dead';
  if (found.dead > 0) return 'Degraded';
  return found.hasNodes ? 'Running' : 'Unready';
}

async function componentStatus(
  name: ComponentName,
  cluster: { readonly paths: ClusterPaths; readonly state: ClusterState },
): Promise<ComponentStatus> {
  const identity = cluster.state.processes[name];
  const isAlive = identity !== undefined && (await isRunning(identity));
  const lastLogLines = isAlive ? [] : await logTail(logFileOf(cluster.paths, name));
  return { name, state: isAlive ? 'running' : 'dead', pid: identity?.pid, lastLogLines };
}

async function readNodes(paths: ClusterPaths, state: ClusterState): Promise<ClusterStatus['nodes']> {
  using api = await LocalApi.open(serverUrl(state), pkiFiles(paths.pkiDir));
  return await countNodes(api).catch(() => undefined); // awaited here: the connection closes on return
}

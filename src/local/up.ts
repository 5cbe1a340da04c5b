// Brings a local cluster up: starts it, repairs what died of it, or finds it running.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { findBinaries } from './binaries.ts';
import { type ClusterPaths, clusterPaths } from './cluster-paths.ts';
import { componentNames, type Flags } from './components.ts';
import { ControlPlane, logFileOf } from './control-plane.ts';
import { withFileLock } from './file-lock.ts';
import { removeDirs } from './files.ts';
import { kubeconfig } from './kubeconfig.ts';
import type { LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';
import { logTail } from './log-tail.ts';
import { createPki } from './pki.ts';
import { assertPortFree, freePorts } from './ports.ts';
import { type ClusterState, serverUrl } from './state.ts';
import { readState, writeState } from './state-store.ts';
import { stopStrays } from './stop-components.ts';

/** What is wanted. */
export interface UpOptions {
  readonly name: string;
  /** At least so many; a running cluster gets the missing ones, and keeps those it has. Default: those it has, or three. */
  readonly nodes?: number | undefined;
  /** Port of the API server; a running cluster has to have this one. Default: that one, or a free one. */
  readonly port?: number | undefined;
  /** More flags of an API server that this call starts, an audit log for example. Default none. */
  readonly apiServerFlags?: Flags | undefined;
  /** Wall clock, for certificates and the state file. */
  readonly now: Date;
}

/** A cluster that is ready to be used. */
export interface LocalCluster {
  readonly name: string;
  readonly outcome: 'started' | 'repaired' | 'running';
  readonly server: string;
  readonly kubeconfig: string;
  readonly stateDir: string;
}

/**
 * Resolves when the API answers and every node is Ready. A start that fails leaves nothing behind but the logs that its
 * error names, one that is aborted not even these; a repair that fails leaves what ran before.
 * @throws LocalClusterError
 */
export async function up(options: UpOptions, context: LocalContext): Promise<LocalCluster> {
  const { environment, signal, report } = context;
  const paths = clusterPaths(environment.stateHome, options.name);
  const onWait = (pid: number) =>
    report({ kind: 'note', message: `another command works on the cluster ${options.name} (process ${pid}); waiting` });
  const work = async (): Promise<LocalCluster> => {
    const state = await readState(paths);
    await stopStrays(paths, { known: Object.values(state?.processes ?? {}), report });
    if (state !== undefined) {
      const result = await adopt(state, { ...context, ...options, paths });
      if (result !== undefined) return result;
      const message = `the cluster ${options.name} was not taken down, but all its processes are gone: starting it anew`;
      report({ kind: 'note', message });
    }
    return startFresh({ ...context, ...options, paths });
  };
  return withFileLock(paths.lockFile, work, { signal, onWait });
}

interface Task extends LocalContext, UpOptions {
  readonly paths: ClusterPaths;
}

/**
 * Undefined where nothing of it runs any more.
 * @throws LocalClusterError `LOCAL_PORT_DIFFERS`, before anything is changed
 */
async function adopt(state: ClusterState, task: Task): Promise<LocalCluster | undefined> {
  const { paths, report } = task;
  const plane = new ControlPlane(paths, state, task);
  const missing = await plane.missing();
  if (missing.length === componentNames.length) return undefined;
  assertPort(state, task);
  for (const name of missing) {
    const lines = await logTail(logFileOf(paths, name));
    const log = lines.length === 0 ? '' : `; its last log lines:\n${lines.map((line) => `  ${line}`).join('\n')}`;
    report({ kind: 'note', message: `${name} of the cluster ${task.name} has died, starting it again${log}` });
  }
  if (missing.includes('etcd')) await assertPortFree(state.etcdPort, `etcd of the cluster ${task.name}`);
  if (missing.includes('kube-apiserver')) {
    await assertPortFree(state.apiServerPort, `the API server of the cluster ${task.name}`);
  }
  try {
    const total = await plane.start(missing, task);
    if (task.nodes !== undefined && task.nodes < total) {
      const message = `the cluster ${task.name} keeps its ${total} nodes: --nodes adds some, and removes none`;
      report({ kind: 'note', message });
    }
  } catch (error) {
    await plane.stop(missing);
    throw error;
  }
  return describe(state, { paths, outcome: missing.length === 0 ? 'running' : 'repaired' });
}

function assertPort({ name, apiServerPort }: ClusterState, { port }: Task): void {
  if (port === undefined || port === apiServerPort) return;
  throw new LocalClusterError(
    'LOCAL_PORT_DIFFERS',
    `the cluster ${name} runs on port ${apiServerPort}, not on ${port}`,
    {
      isTerminal: true,
      remedy: `Leave --port out to use it as it is, or take it down first: bookstore-operator local down --name ${name}`,
    },
  );
}

const attempts = 3;

/** A free port can be lost between asking and using it: other ports are tried, unless the user named one. */
async function startFresh(task: Task): Promise<LocalCluster> {
  if (task.port !== undefined) await assertPortFree(task.port, `the API server of the cluster ${task.name}`);
  const binDir = await findBinaries(task);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(task, binDir);
    } catch (error) {
      const isLostPort = error instanceof LocalClusterError && error.code === 'LOCAL_PORT_TAKEN';
      if (!isLostPort || task.port !== undefined || attempt === attempts) throw error;
    }
  }
}

async function startOnce(task: Task, binDir: string): Promise<LocalCluster> {
  const { paths, name, now } = task;
  const [etcdPort = 0, freePort = 0] = await freePorts(2);
  const state: ClusterState = {
    version: 1,
    name,
    createdAt: now.toISOString(),
    binDir,
    etcdPort,
    apiServerPort: task.port ?? freePort,
    processes: {},
  };
  await removeDirs(paths.stateDir, paths.logDir);
  await mkdir(paths.stateDir, { recursive: true, mode: 0o700 });
  const plane = new ControlPlane(paths, state, task);
  try {
    const pki = await createPki(paths.pkiDir, { now });
    const pems = [pki.caCert, pki.adminCert, pki.adminKey].map((path) => readFile(path, 'utf8'));
    const [caCert = '', adminCert = '', adminKey = ''] = await Promise.all(pems);
    const document = kubeconfig({ name, server: serverUrl(state), caCert, adminCert, adminKey });
    await writeFile(paths.kubeconfig, document, { mode: 0o600 });
    await writeState(paths, state);
    await plane.start(componentNames, task);
  } catch (error) {
    await plane.stop();
    const areLogsNamed = error instanceof LocalClusterError && !task.signal.aborted;
    await removeDirs(paths.stateDir, ...(areLogsNamed ? [] : [paths.logDir]));
    throw error;
  }
  return describe(state, { paths, outcome: 'started' });
}

function describe(
  state: ClusterState,
  found: { readonly paths: ClusterPaths; readonly outcome: LocalCluster['outcome'] },
): LocalCluster {
  const { kubeconfig: path, stateDir } = found.paths;
  return { name: state.name, outcome: found.outcome, server: serverUrl(state), kubeconfig: path, stateDir };
}

// Starts the processes of a cluster in their order and waits for each until the next one can use it.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { countNodes, createClusterObjects } from './cluster-objects.ts';
import type { ClusterPaths } from './cluster-paths.ts';
import { type ComponentName, componentArgs, componentNames, etcdUrl, type Flags } from './components.ts';
import { LocalApi } from './local-api.ts';
import type { LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';
import { logTail } from './log-tail.ts';
import { pkiFiles } from './pki.ts';
import { startDetached } from './process.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import { waitUntilReady } from './ready.ts';
import { type ClusterState, serverUrl } from './state.ts';
import { writeState } from './state-store.ts';
import { stopComponents } from './stop-components.ts';

/** Of a new cluster whose number of nodes nobody named. */
const defaultNodes = 3;

/** The log of a component. */
export function logFileOf(paths: ClusterPaths, name: ComponentName): string {
  return join(paths.logDir, `${name}.log`);
}

/** What the processes are started with. */
export interface PlaneContext extends LocalContext {
  /** See {@link import('./up.ts').UpOptions.apiServerFlags}. */
  readonly apiServerFlags?: Flags | undefined;
}

/** The processes of one cluster. */
export class ControlPlane {
  readonly #paths: ClusterPaths;
  readonly #context: PlaneContext;
  #state: ClusterState;
  /** Components that ran when the start began, or were started since: the death of one of these ends a wait. */
  readonly #expected = new Set<ComponentName>();

  constructor(paths: ClusterPaths, state: ClusterState, context: PlaneContext) {
    this.#paths = paths;
    this.#state = state;
    this.#context = context;
  }

  /** Components whose process is not there, in starting order. */
  async missing(): Promise<ComponentName[]> {
    const alive = await Promise.all(componentNames.map((name) => isAlive(this.#state.processes[name])));
    return componentNames.filter((_name, index) => alive[index] === false);
  }

  /**
   * Starts what is missing and waits until the cluster can be used with at least `nodes` nodes (default: those it has, or
   * three). Resolves to the number it has then. On failure it leaves to the caller what to stop.
   * @throws LocalClusterError `LOCAL_COMPONENT_DIED`, `LOCAL_NOT_READY`
   */
  async start(missing: readonly ComponentName[], options: { readonly nodes?: number | undefined }): Promise<number> {
    const isMissing = new Set(missing);
    for (const name of componentNames) if (!isMissing.has(name)) this.#expected.add(name);
    const ensure = async (name: ComponentName) => {
      if (isMissing.has(name)) await this.#startOne(name);
    };
    await mkdir(this.#paths.logDir, { recursive: true, mode: 0o700 });
    await ensure('etcd');
    await this.#until('etcd’s /health', async () => {
      const answer = await fetch(`${etcdUrl(this.#state)}/health`, { signal: AbortSignal.timeout(2_000) });
      return answer.ok && (await answer.text()).includes('"true"');
    });
    await ensure('kube-apiserver');
    using api = await LocalApi.open(serverUrl(this.#state), pkiFiles(this.#paths.pkiDir));
    await this.#until('the API server’s /readyz', async () => (await api.get('/readyz')).status === 200);
    for (const name of componentNames.slice(2)) await ensure(name);
    const nodes = options.nodes ?? ((await countNodes(api)).total || defaultNodes);
    await createClusterObjects(api, { nodes });
    await this.#until('the default service account', async () => {
      return (await api.get('/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
    });
    await this.#until('the nodes to be Ready', async () => {
      const { ready, total } = await countNodes(api);
      return ready === total && total >= nodes;
    });
    return (await countNodes(api)).total;
  }

  /**
   * Stops components in reverse starting order.
   * @throws LocalClusterError `LOCAL_STOP_FAILED`
   */
  async stop(names: readonly ComponentName[] = componentNames): Promise<void> {
    const started = componentNames.toReversed().flatMap((name) => {
      const identity = this.#state.processes[name];
      return identity === undefined || !names.includes(name) ? [] : [{ name, identity }];
    });
    await stopComponents(started);
  }

  async #startOne(name: ComponentName): Promise<void> {
    this.#context.signal.throwIfAborted();
    const { binDir } = this.#state;
    const { apiServerFlags } = this.#context;
    const logFile = logFileOf(this.#paths, name);
    await copyFile(logFile, `${logFile}.previous`).catch(() => undefined);
    const stagesFile = join(this.#context.environment.moduleDir, 'kwok', 'stages.yaml');
    const { PATH } = this.#context.environment.env;
    const identity = await startDetached({
      file: join(binDir, name),
      args: componentArgs(name, { ...this.#state, paths: this.#paths, stagesFile, apiServerFlags }),
      cwd: this.#paths.stateDir,
      // Nothing else: a proxy or a KUBECONFIG of the user has no business in here.
      env: { PATH, HOME: this.#paths.stateDir },
      logFile,
    });
    const { [name]: _old, ...others } = this.#state.processes;
    this.#state = { ...this.#state, processes: identity === undefined ? others : { ...others, [name]: identity } };
    this.#expected.add(name);
    await writeState(this.#paths, this.#state);
  }

  /** Waits for `check`; any component found dead meanwhile ends the wait. */
  #until(what: string, check: () => Promise<boolean>): Promise<void> {
    const assertAlive = async () => {
      for (const each of this.#expected) {
        if (!(await isAlive(this.#state.processes[each]))) throw await this.#died(each);
      }
    };
    return waitUntilReady({ what, check, assertAlive, logDir: this.#paths.logDir, signal: this.#context.signal });
  }

  async #died(name: ComponentName): Promise<LocalClusterError> {
    const logFile = logFileOf(this.#paths, name);
    const lines = await logTail(logFile);
    const text =
      lines.length === 0
        ? ' and logged nothing'
        : `; its last log lines:\n${lines.map((line) => `  ${line}`).join('\n')}`;
    const isPort = lines.some((line) => line.includes('address already in use'));
    return new LocalClusterError(
      isPort ? 'LOCAL_PORT_TAKEN' : 'LOCAL_COMPONENT_DIED',
      `${name} of the cluster ${this.#state.name} died${text}`,
      {
        remedy: `Its whole log is ${logFile}; \`bookstore-operator local down --name ${this.#state.name}\` clears the way for a new start.`,
      },
    );
  }
}

async function isAlive(identity: ProcessIdentity | undefined): Promise<boolean> {
  return identity !== undefined && (await isRunning(identity));
}

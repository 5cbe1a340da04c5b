// An operator in a test: the real engine, on the real cluster and with the real helm, for one namespace.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { WatchedStatus } from '../../src/api/v1alpha1/watched-status.ts';
import { Helm, type HelmCall, type HelmResult } from '../../src/helm/process.ts';
import { uninstallArguments } from '../../src/helm/uninstall.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import { EventRecorder } from '../../src/kube/event-recorder.ts';
import type { KubeObject, ObjectInput } from '../../src/kube/objects.ts';
import { openClient } from '../../src/kube/open-client.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Operator } from '../../src/operator/operator.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { checkedUninstaller } from '../../src/uninstall/checked-uninstaller.ts';
import { chosenDriver } from '../../src/uninstall/choose-driver.ts';
import { helmDriver } from '../../src/uninstall/helm-driver.ts';
import { nativeDriver } from '../../src/uninstall/native-driver.ts';
import type { ProvenUninstaller } from '../../src/uninstall/proven-uninstaller.ts';
import { loadWatches } from '../../src/watches/load.ts';
import type { WatchEntry } from '../../src/watches/watch-entry.ts';
import { testCluster } from './test-context.ts';

/** A watched resource as tests read it. */
export type Watched = KubeObject & { readonly spec?: Record<string, unknown>; readonly status?: WatchedStatus };

/** A helm that remembers what it was asked to do, or would have been: native uninstalls count. */
export class AuditedHelm extends Helm {
  /** The verbs in order: `upgrade`, `uninstall`. */
  readonly verbs: string[] = [];
  /** The arguments of each call. */
  readonly calls: (readonly string[])[] = [];
  /** Awaited before each call. */
  before: (args: readonly string[]) => Promise<void> = () => Promise.resolve();

  override async run(args: readonly string[], call: HelmCall): Promise<HelmResult> {
    await this.#note(args);
    return super.run(args, call);
  }

  /** The driver, remembered here as if helm had been asked. */
  audited(native: ProvenUninstaller): ProvenUninstaller {
    return {
      driver: native.driver,
      uninstall: async (request) => {
        await this.#note(uninstallArguments(request));
        return native.uninstall(request);
      },
    };
  }

  async #note(args: readonly string[]): Promise<void> {
    this.verbs.push(args[0] ?? '');
    this.calls.push(args);
    await this.before(args);
  }
}

/** The tutorial's resource (DESIGN.md §2), in a namespace. */
export function tutorialBookStore(namespace: string, name = 'example-bookstore'): ObjectInput {
  const document = parse(`
apiVersion: velotio.com/v1alpha1
kind: BookStore
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  replicaCount: 1
  image:
    app: {repository: akash125/pyapp, tag: latest, pullPolicy: IfNotPresent}
    mongodb: {repository: mongo, tag: latest, pullPolicy: IfNotPresent}
  service:
    app: {type: LoadBalancer, port: 80, targetPort: 3000}
    mongodb: {type: ClusterIP, port: 27017, targetPort: 27017}
  resources: {}
  nodeSelector: {}
  tolerations: []
  affinity: {}
`) as ObjectInput;
  return document;
}

/** A client of the shared cluster's admin. */
export async function adminClient(): Promise<{ readonly client: KubeClient; readonly close: () => Promise<void> }> {
  return openClient({ kubeconfig: testCluster().kubeconfig, homeDir: '/nonexistent', userAgent: 'test' });
}

/** Runs kubectl as a user would. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return runTool(testCluster().kubectl, args);
}

/** Runs helm as a user would. */
export async function helm(...args: readonly string[]): Promise<string> {
  return runTool(testCluster().helm, args);
}

async function runTool(file: string, args: readonly string[]): Promise<string> {
  const { kubeconfig, path } = testCluster();
  const env = { PATH: path, KUBECONFIG: kubeconfig, HOME: testCluster().testRoot };
  const { stdout } = await promisify(execFile)(file, [...args], { env, maxBuffer: 50_000_000 });
  return stdout;
}

/** Polls until `probe` gives something; the deadline is generous and no measure of anything. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const result = await probe();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > deadline) throw new Error(`it did not happen within 60 s: ${what}`);
    await systemClock.sleep(50);
  }
}

/** Once a CRD is served. `kubectl wait` fails on one that has no status yet. */
export async function established(crd: string): Promise<void> {
  const wait = ['wait', '--for=condition=Established', '--timeout=5s', `crd/${crd}`];
  await eventually(`${crd} is established`, () =>
    kubectl(...wait).then(
      () => true,
      () => false,
    ),
  );
}

/** Options of {@link startOperator}. */
export interface OperatorRunOptions {
  readonly namespace: string;
  /** Changes to the entry that the shipped watches.yaml gives. */
  readonly entry?: Partial<WatchEntry>;
  /** Other entries instead of the shipped ones; {@link OperatorRun.get} and its kin are then about the first. */
  readonly entries?: readonly WatchEntry[];
  /** Further namespaces to watch. */
  readonly alsoIn?: readonly string[];
  /** As whom the operator's own calls are made; helm's are the admin's. Default: the admin. */
  readonly impersonate?: string;
  /** Of the operator's own client: that of a proxy, say. Default the shared cluster's; helm has that in any case. */
  readonly kubeconfig?: string;
  /** In place of the real helm: a script that ends with it, say. */
  readonly helmBinary?: string;
}

/** A running operator. */
export interface OperatorRun {
  readonly client: KubeClient;
  readonly helm: AuditedHelm;
  /** The kind of the first entry: BookStore, unless there are others. */
  readonly bookStores: Resource;
  readonly log: readonly string[];
  /** The resource now. */
  get(name: string): Promise<Watched | undefined>;
  /** The resource once `Ready` is `True` for its latest generation. */
  ready(name: string): Promise<Watched>;
  /** The resource once `Ready` has this reason. */
  reason(name: string, reason: string): Promise<Watched>;
  /** What Prometheus would read. */
  figures(): Promise<string>;
  /** Drains and ends it. */
  stop(): Promise<void>;
}

/** Starts the operator for one namespace, with CRD and chart as shipped. */
export async function startOperator(options: OperatorRunOptions): Promise<OperatorRun> {
  const { kubeconfig, path, helm: realHelm, testRoot } = testCluster();
  const binary = options.helmBinary ?? realHelm;
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/');
  await established('bookstores.velotio.com');
  const { client, close } = await openClient({
    kubeconfig: options.kubeconfig ?? kubeconfig,
    homeDir: '/nonexistent',
    userAgent: 'test-operator',
  });
  const helmOf = new AuditedHelm({ binary, kubeconfig, env: { PATH: path, HOME: testRoot } });
  const log: string[] = [];
  const shipped = await loadWatches(resolve('watches.yaml'), { env: {} });
  const entries = options.entries ?? shipped.map((entry) => ({ ...entry, ...options.entry }));
  const [first] = entries;
  if (first === undefined) throw new Error('there is no entry');
  const bookStores = await eventually(`${first.gvk.kind} is served`, () => new Discovery(client).find(first.gvk));
  const stop = new AbortController();
  const metrics = new Metrics();
  const byHelm = helmDriver(helmOf, { graceMs: 30_000 });
  const driver = chosenDriver('auto', { native: helmOf.audited(nativeDriver(client)), helm: byHelm });
  const operator = new Operator({
    entries,
    client: options.impersonate === undefined ? client : client.impersonating(options.impersonate),
    helm: helmOf,
    uninstaller: checkedUninstaller({ client, discovery: new Discovery(client), driver }),
    unproved: byHelm,
    events: new EventRecorder(client, { controller: 'bookstore-operator', instance: 'test', clock: systemClock }),
    clock: systemClock,
    log: createLogger({ level: 'info', destination: { write: (line) => void log.push(line) } }),
    metrics,
    namespaces: [options.namespace, ...(options.alsoIn ?? [])],
    workers: 4,
  });
  const running = operator.run({ stop: stop.signal, cancel: new AbortController().signal });
  await eventually('the operator is ready', () => Promise.resolve(operator.waitingFor.length === 0));
  const get = (name: string): Promise<Watched | undefined> =>
    client.find<Watched>(bookStores, {
      name,
      ...(bookStores.isNamespaced ? { namespace: options.namespace } : {}),
    });
  const whenReady = (name: string, isMet: (resource: Watched) => boolean, what: string): Promise<Watched> =>
    eventually(`${name} ${what}`, async () => {
      const resource = await get(name);
      return resource !== undefined && isMet(resource) ? resource : undefined;
    });
  return {
    client,
    helm: helmOf,
    bookStores,
    log,
    get,
    ready: (name) =>
      whenReady(
        name,
        ({ metadata, status }) =>
          status?.observedGeneration === metadata.generation && condition(status, 'Ready')?.status === 'True',
        'is Ready',
      ),
    reason: (name, reason) =>
      whenReady(name, ({ status }) => condition(status, 'Ready')?.reason === reason, `has the reason ${reason}`),
    figures: async () => (await metrics.expose()).body,
    stop: async () => {
      stop.abort();
      await running;
      await close();
    },
  };
}

/** A condition of a status. */
export function condition(
  status: WatchedStatus | undefined,
  type: string,
): NonNullable<WatchedStatus['conditions']>[number] | undefined {
  return status?.conditions?.find((each) => each.type === type);
}

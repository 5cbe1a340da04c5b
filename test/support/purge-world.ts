// A corner of the shared cluster for tests of the purge: namespaces of a label of its own, real helm releases, a policy.
import { join } from 'node:path';
import { execa } from 'execa';
import type { PurgePolicySpec } from '../../src/api/v1alpha1/purge-policy.ts';
import { newPurgeLock, purgeLeaseName } from '../../src/cli/purge-lock.ts';
import { Helm } from '../../src/helm/process.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import { openClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type ExecuteDeps, executePlan } from '../../src/purge/execute/execute.ts';
import type { PurgeLock } from '../../src/purge/lock/purge-lock.ts';
import { makePlan } from '../../src/purge/plan/make-plan.ts';
import type { PurgePlan } from '../../src/purge/plan/plan.ts';
import { settingsOf } from '../../src/purge/policy/settings.ts';
import type { RunRecords } from '../../src/purge/record/begin-record.ts';
import { chosenDriver, type DriverMode } from '../../src/uninstall/choose-driver.ts';
import { helmDriver } from '../../src/uninstall/helm-driver.ts';
import { nativeDriver } from '../../src/uninstall/native-driver.ts';
import type { ProvenUninstaller } from '../../src/uninstall/proven-uninstaller.ts';
import type { ReleaseUninstaller } from '../../src/uninstall/uninstaller.ts';
import { freeLease } from './free-lease.ts';
import type { TestCluster } from './test-context.ts';

const tinyChart = join(import.meta.dirname, 'charts', 'tiny');
const fieldManager = 'purge-test';

/** The corner. */
export class PurgeWorld implements AsyncDisposable {
  readonly client: KubeClient;
  readonly #cluster: TestCluster;
  readonly #close: () => Promise<void>;
  /** Namespaces carry the label `purge-test: <id>`. */
  readonly id: string;
  readonly #namespaces: string[] = [];

  private constructor(id: string, cluster: TestCluster, opened: Awaited<ReturnType<typeof openClient>>) {
    this.id = id;
    this.#cluster = cluster;
    this.client = opened.client;
    this.#close = opened.close;
  }

  static async open(name: string, cluster: TestCluster): Promise<PurgeWorld> {
    const id = `${name}-${Math.random().toString(36).slice(2, 8)}`;
    return new PurgeWorld(id, cluster, await openClient({ kubeconfig: cluster.kubeconfig, homeDir: '/nowhere' }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#namespaces) await this.client.delete(CoreResources.namespaces, { name });
    await this.#close();
  }

  /** A namespace of this corner, opted in unless `isSelected` is false. Returns its whole name. */
  async namespace(
    suffix: string,
    options: { readonly annotations?: Readonly<Record<string, string>>; readonly isSelected?: boolean } = {},
  ): Promise<string> {
    const name = `${this.id}-${suffix}`;
    const labels = options.isSelected === false ? {} : { 'purge-test': this.id };
    const metadata = { name, labels, annotations: options.annotations ?? {} };
    await this.client.create(
      CoreResources.namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata },
      { fieldManager },
    );
    this.#namespaces.push(name);
    return name;
  }

  /** A namespace that stands for the operator's, with the purge's Lease free in it. */
  async operatorNamespace(): Promise<string> {
    const namespace = await this.namespace(`operator-${this.#namespaces.length}`, { isSelected: false });
    await freeLease(this.client, { namespace, name: purgeLeaseName });
    return namespace;
  }

  /** The purge's lock as one process has it; absent: in a namespace of its own. */
  async lock(identity: string, namespace?: string): Promise<PurgeLock> {
    const operator = { namespaces: [namespace ?? (await this.operatorNamespace())], releaseName: 'bookstore-operator' };
    return newPurgeLock(this.client, { operator, identity });
  }

  /** Changes a namespace's metadata. */
  async patchNamespace(name: string, metadata: Readonly<Record<string, unknown>>): Promise<void> {
    await this.client.merge(CoreResources.namespaces, { metadata }, { name, fieldManager });
  }

  /** Runs the real helm. */
  async helm(...args: string[]): Promise<string> {
    const { stdout } = await execa(this.#cluster.helm, args, { env: { KUBECONFIG: this.#cluster.kubeconfig } });
    return stdout;
  }

  /** Installs the tiny chart; `set` as in `helm --set`. */
  async install(namespace: string, name: string, ...set: string[]): Promise<void> {
    await this.helm('install', name, tinyChart, '-n', namespace, ...set.flatMap((value) => ['--set', value]));
  }

  /** Upgrades to an equal revision. */
  async upgrade(namespace: string, name: string): Promise<void> {
    await this.helm('upgrade', name, tinyChart, '-n', namespace);
  }

  /** Names of the releases in a namespace, whatever their state. */
  async releases(namespace: string): Promise<string[]> {
    const text = await this.helm('list', '-n', namespace, '-q', '--max', '0');
    return text.split('\n').filter((name) => name !== '');
  }

  /** Names of the tiny chart's objects in a namespace. */
  async objects(namespace: string): Promise<string[]> {
    const { items } = await this.client.list(CoreResources.configMaps, {
      namespace,
      labelSelector: 'test.velotio.com/tiny',
    });
    return items.map(({ metadata }) => metadata.name);
  }

  /** The helm driver, with a binary other than the real one if a test says so. */
  uninstaller(binary = this.#cluster.helm): ReleaseUninstaller {
    const { kubeconfig, path, testRoot } = this.#cluster;
    return helmDriver(new Helm({ binary, kubeconfig, env: { PATH: path, HOME: testRoot }, maxProcesses: 8 }));
  }

  /** Native and helm as the program chooses between them. */
  chosen(mode: DriverMode = 'auto'): ProvenUninstaller {
    return chosenDriver(mode, { native: nativeDriver(this.client), helm: this.uninstaller() });
  }

  /** All that a run takes, under a policy that selects this corner. */
  deps(spec: Partial<PurgePolicySpec> = {}, uninstaller: ProvenUninstaller = this.chosen()): ExecuteDeps {
    return {
      client: this.client,
      discovery: new Discovery(this.client),
      settings: {
        ...settingsOf({
          apiVersion: 'velotio.com/v1alpha1',
          kind: 'PurgePolicy',
          metadata: { name: this.id },
          spec: { namespaceSelector: { matchLabels: { 'purge-test': this.id } }, ...spec },
        }),
        driver: uninstaller.driver,
      },
      operator: { namespaces: ['bookstore-operator-system'], releaseName: 'bookstore-operator' },
      clock: systemClock,
      uninstaller,
    };
  }

  /** How a run is recorded; what is told about it goes into `told`. Files are in a directory of this corner. */
  records(rest: Partial<RunRecords> = {}, told: string[] = []): RunRecords {
    return {
      client: this.client,
      clock: systemClock,
      directory: this.runsDirectory,
      requestedBy: 'somebody',
      worker: 'test_1',
      process: 'none',
      talk: {
        onFile: (path, why) => void told.push(`file ${path}: ${why ?? 'asked for'}`),
        onTrouble: (text) => void told.push(text),
        onDead: (run, ending) => void told.push(`${run}: ${ending}`),
      },
      ...rest,
    };
  }

  /** Of report files; there once there is one. */
  get runsDirectory(): string {
    return join(this.#cluster.testRoot, 'runs', this.id);
  }

  /** Plan, in one line per release: `a/one purge selected`, the corner's prefix left out. */
  lines(plan: PurgePlan): string[] {
    return plan.entries.map(
      ({ namespace, name, action, rule }) => `${namespace.replace(`${this.id}-`, '')}/${name} ${action} ${rule}`,
    );
  }

  /** Plans and runs; `between` happens after the plan. Outcomes as `a/one purged`. */
  async purge(deps: ExecuteDeps, between: () => Promise<void> = async () => {}) {
    const plan = await makePlan(deps);
    await between();
    const report = await executePlan(deps, plan);
    const outcomes = report.outcomes.map(
      ({ namespace, name, result }) => `${namespace.replace(`${this.id}-`, '')}/${name} ${result}`,
    );
    return { plan, report, outcomes };
  }
}

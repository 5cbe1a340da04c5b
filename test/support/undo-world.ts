// A corner of the shared cluster where releases of any chart are purged with a way back, and brought back.

import type { PurgePolicySpec } from '../../src/api/v1alpha1/purge-policy.ts';
import { commandLines } from '../../src/cli/paste-line.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { executePlan } from '../../src/purge/execute/execute.ts';
import { makePlan } from '../../src/purge/plan/make-plan.ts';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import type { RestoreDeps } from '../../src/purge/restore/restore-release.ts';
import type { RestoreOutcome } from '../../src/purge/restore/restore-report.ts';
import { runRestore } from '../../src/purge/restore/restore-run.ts';
import { undoSelector } from '../../src/purge/restore/undo-secret.ts';
import { recordSecretName } from '../../src/release/record.ts';
import type { ReleaseUninstaller } from '../../src/uninstall/uninstaller.ts';
import { PurgeWorld } from './purge-world.ts';
import { encodeRecord, jsonOf, type RecordSecret, ReleaseLab } from './release-lab.ts';
import { RememberedRun } from './remembered-run.ts';
import { testCluster } from './test-context.ts';
import { configMap } from './undo-charts.ts';

/** What the account may do that purges and brings back: as docs/purge.md has it, for the kinds of the tests' charts. */
export const purgerRules = `
  - {apiGroups: [""], resources: [secrets], verbs: [get, list, create, update, delete]}
  - {apiGroups: [""], resources: [configmaps, services, persistentvolumeclaims], verbs: [get, list, watch, create, patch, update, delete]}`;

/** The corner. */
export class UndoWorld implements AsyncDisposable {
  readonly world: PurgeWorld;
  readonly lab: ReleaseLab;

  private constructor(world: PurgeWorld, lab: ReleaseLab) {
    this.world = world;
    this.lab = lab;
  }

  static async open(name: string): Promise<UndoWorld> {
    return new UndoWorld(await PurgeWorld.open(name, testCluster()), await ReleaseLab.open());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    await this.lab[Symbol.asyncDispose]();
  }

  /** A namespace of the policy, with an account `purger`. */
  async namespace(suffix: string, rules = purgerRules): Promise<string> {
    const namespace = await this.world.namespace(suffix);
    await this.lab.serviceAccount(namespace, 'purger', rules);
    return namespace;
  }

  /** Installs, or upgrades, a chart of one template. */
  async install(namespace: string, name: string, template: string, ...args: readonly string[]): Promise<void> {
    await this.lab.helm('upgrade', '--install', name, await this.lab.chart(template), '-n', namespace, ...args);
  }

  /** A namespace whose release `shop` is purged already. */
  async purged(suffix: string, template = configMap()): Promise<{ readonly ns: string; readonly run: RememberedRun }> {
    const ns = await this.namespace(suffix);
    await this.install(ns, 'shop', template);
    const { run } = await this.purge(ns);
    return { ns, run };
  }

  /** Purges a namespace as `purger`, unless the spec says otherwise. */
  async purge(
    namespace: string,
    options: {
      readonly spec?: Partial<PurgePolicySpec>;
      readonly uninstaller?: ReleaseUninstaller;
      readonly run?: RememberedRun;
    } = {},
  ): Promise<{ readonly run: RememberedRun; readonly report: PurgeReport }> {
    const { spec, uninstaller = this.world.uninstaller(), run = new RememberedRun() } = options;
    const deps = { ...this.world.deps({ serviceAccount: 'purger', ...spec }, uninstaller), recorder: run };
    const plan = await makePlan(deps, { namespaces: [namespace] });
    return { run, report: await executePlan(deps, plan) };
  }

  /** What a restore takes, as `purger`. */
  restoreDeps(change: Partial<RestoreDeps> = {}): RestoreDeps {
    return {
      client: this.lab.client,
      discovery: new Discovery(this.lab.client),
      helm: this.lab.newHelm(),
      isHelm3: false,
      serviceAccount: 'purger',
      allowedKinds: [],
      releaseTimeoutMs: 60_000,
      clock: systemClock,
      lines: commandLines({ kubeconfig: undefined, context: this.lab.client.context }),
      ...change,
    };
  }

  /** Brings back all of a run. */
  async restore(run: RememberedRun, change: Partial<RestoreDeps> = {}): Promise<readonly RestoreOutcome[]> {
    return (await runRestore(this.restoreDeps(change), { run: run.recorded('purger') })).outcomes;
  }

  /** The undo Secrets of a namespace. */
  async undoSecrets(namespace: string): Promise<readonly RecordSecret[]> {
    const { items } = await this.lab.client.list<RecordSecret>(CoreResources.secrets, { ...undoSelector, namespace });
    return items;
  }

  /** The only one. */
  async undoSecret(namespace: string): Promise<RecordSecret> {
    const [secret, ...others] = await this.undoSecrets(namespace);
    if (secret === undefined || others.length > 0) throw new Error(`there is not one undo Secret in ${namespace}`);
    return secret;
  }

  /** Puts a record beside that of revision `of`: its content with changes, as whoever may write Secrets can. */
  async putBeside(
    namespace: string,
    name: string,
    {
      of,
      revision,
      status = 'uninstalled',
      inside,
    }: { readonly of: number; readonly revision: number; readonly status?: string; readonly inside: object },
  ): Promise<void> {
    const { metadata, type, data } = await this.lab.record(namespace, name, of);
    const original = JSON.parse(jsonOf({ data })) as { readonly info: object };
    const info = { ...original.info, status };
    const labels = { ...metadata.labels, version: String(revision), status };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      data: encodeRecord(JSON.stringify({ ...original, info, version: revision, ...inside })),
      metadata: { name: recordSecretName(name, revision), namespace, labels },
    };
    await this.lab.client.create(CoreResources.secrets, secret, { fieldManager: 'forger' });
  }

  /** As `helm get manifest` prints it. */
  manifest(namespace: string, name: string, ...args: readonly string[]): Promise<string> {
    return this.lab.helm('get', 'manifest', name, '-n', namespace, ...args);
  }

  /** `4 deployed`, undefined where there is no such release. */
  async state(namespace: string, name: string): Promise<string | undefined> {
    const list = await this.lab.helm('list', '-n', namespace, '-o', 'json', '--max', '0');
    const found = (JSON.parse(list) as { name: string; revision: string; status: string }[]).find(
      (one) => one.name === name,
    );
    return found === undefined ? undefined : `${found.revision} ${found.status}`;
  }
}

// A random world in a real cluster: written down, dumped, purged by the built program, taken away again.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import pMap from 'p-map';
import { stringify } from 'yaml';
import type { KubeClient } from '../../../src/kube/client.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import type { ObjectInput } from '../../../src/kube/objects.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources, gvkOf, type Resource } from '../../../src/kube/resource.ts';
import type { PurgeReport } from '../../../src/purge/record/report.ts';
import { openTestClient } from '../cluster-client.ts';
import { type ClusterSnapshot, snapshotCluster } from '../cluster-snapshot.ts';
import { freeLease } from '../free-lease.ts';
import { testCluster } from '../test-context.ts';
import {
  clusterRole,
  compressed,
  configMap,
  installed,
  type Manifested,
  recordOf,
  volumeClaim,
  type WrittenRecord,
} from '../written-release.ts';
import { elsewhereOf } from './fuzz-oracle.ts';
import type { FuzzObject, FuzzRecord, FuzzRelease, FuzzWorld } from './fuzz-world.ts';

const fieldManager = 'fuzz';
const operatorNamespace = 'fuzz-operator';
const clusterRoleBindings: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  isNamespaced: false,
};

/** What a run of the program ended with. */
export interface FuzzRun {
  readonly exitCode: number;
  readonly report: PurgeReport;
  readonly stderr: string;
}

/** The cluster. */
export class FuzzCluster implements AsyncDisposable {
  readonly #opened: OpenClient;
  readonly #directory: string;
  readonly #discovery: Discovery;

  private constructor(opened: OpenClient, directory: string) {
    this.#opened = opened;
    this.#directory = directory;
    this.#discovery = new Discovery(opened.client);
  }

  static async open(): Promise<FuzzCluster> {
    const cluster = new FuzzCluster(await openTestClient(), await mkdtemp(join(testCluster().testRoot, 'fuzz-')));
    await cluster.#create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } });
    await freeLease(cluster.#client, { namespace: operatorNamespace, name: 'bookstore-operator-purge' });
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.delete(CoreResources.namespaces, { name: operatorNamespace });
    await this.#opened.close();
  }

  /** Writes it all; what may take rights is bound to its ServiceAccounts. */
  async write(world: FuzzWorld): Promise<void> {
    const own = world.namespaces.filter(({ name }) => name !== 'default');
    const plain = { name: elsewhereOf(world), labels: {}, annotations: {} };
    for (const metadata of [...own, plain]) await this.#create({ apiVersion: 'v1', kind: 'Namespace', metadata });
    const bold = world.namespaces.find(({ name }) => name === 'default');
    if (bold !== undefined) await this.#label('default', bold.labels);
    const subjects = own.map(({ name: namespace }) => ({ kind: 'ServiceAccount', name: 'purger', namespace }));
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    const head = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: world.id },
    };
    await this.#create({ ...head, roleRef, subjects });
    await pMap(world.releases, (release) => this.#release(release, world), { concurrency: 8 });
  }

  /** Takes it away; namespaces go when they can. */
  async remove(world: FuzzWorld): Promise<void> {
    await pMap(world.releases, (release) => this.#clear(release, world), { concurrency: 8 });
    if (world.namespaces.some(({ name }) => name === 'default'))
      await this.#label('default', { fuzz: null, tier: null });
    await this.#client.delete(clusterRoleBindings, { name: world.id });
    for (const { name } of [...world.namespaces, { name: elsewhereOf(world) }]) {
      if (name !== 'default') await this.#client.delete(CoreResources.namespaces, { name });
    }
  }

  /** All that is not another round's. */
  dump(world: FuzzWorld): Promise<ClusterSnapshot> {
    return snapshotCluster(this.#client, ({ namespace = '', kind, name, type }) => {
      const owner = `${namespace === '' || kind === 'Namespace' ? name : namespace}-`;
      const isOfAnotherRound = owner.startsWith('fuzz-') && !owner.startsWith(`${world.id}-`);
      return !isOfAnotherRound && type !== 'purge.velotio.com/undo.v1';
    });
  }

  /** `purge run` of the built program under the world's policy. */
  async purge(world: FuzzWorld): Promise<FuzzRun> {
    const file = join(this.#directory, `${world.id}.yaml`);
    const head = { apiVersion: 'velotio.com/v1alpha1', kind: 'PurgePolicy', metadata: { name: world.id } };
    await writeFile(file, stringify({ ...head, spec: world.policy }));
    const args = [resolve('dist/main.js'), 'purge', 'run', '-f', file, '--yes', '-o', 'json'];
    const env = { ...this.#env, POD_NAMESPACE: operatorNamespace };
    const options = { env, cwd: this.#directory, reject: false, timeout: 120_000 } as const;
    const { exitCode = -1, stdout, stderr } = await execa(process.execPath, args, options);
    if (stdout === '') throw new Error(`purge run ended with ${exitCode} and no report:\n${stderr}`);
    return { exitCode, report: JSON.parse(stdout) as PurgeReport, stderr };
  }

  async #release(release: FuzzRelease, world: FuzzWorld): Promise<void> {
    const { namespace, name, records } = release;
    const written = release.objects.map((object) => manifested(object, world));
    for (const [index, { live, hasFinalizer }] of release.objects.entries()) {
      const object = written[index];
      if (object === undefined || live === 'gone') continue;
      const owner = live === 'other' ? 'somebody-else' : name;
      const { ownerReferences: _none, ...metadata } = object.metadata;
      const finalizers = hasFinalizer === true ? { finalizers: ['test.velotio.com/never'] } : {};
      const marked = installed({ ...object, metadata: { ...metadata, ...finalizers } }, { namespace, name: owner });
      await this.#create(live === 'none' ? withoutMarks(marked) : marked);
    }
    const hook = { events: release.hooks, object: configMap(`${name}-hook`) };
    const hooks = release.hooks.length === 0 ? [] : [hook];
    for (const record of records)
      await this.#create(recordOf({ namespace, name, objects: written, hooks, ...wire(record, name) }));
  }

  /** What would outlive the namespaces, or keep them. */
  async #clear({ namespace, name, objects, records }: FuzzRelease, world: FuzzWorld): Promise<void> {
    for (const object of objects) {
      const at = { namespace: object.isElsewhere === true ? elsewhereOf(world) : namespace, name: object.name };
      const resource = await this.#discovery.find(gvkOf(manifested(object, world)));
      if (resource === undefined) continue;
      if (object.hasFinalizer === true && (await this.#client.find(resource, at)) !== undefined) {
        await this.#client.merge(resource, { metadata: { finalizers: null } }, { ...at, fieldManager });
      }
      if (object.kind === 'ClusterRole' || at.namespace === 'default') await this.#client.delete(resource, at);
    }
    if (namespace !== 'default') return;
    for (const record of records) {
      const { metadata } = recordOf({ namespace, name, ...wire(record, name) });
      await this.#client.delete(CoreResources.secrets, { namespace, name: metadata.name ?? '' });
    }
    await this.#client.delete(CoreResources.configMaps, { namespace, name: `${name}-hook` });
  }

  async #create(object: ObjectInput): Promise<void> {
    const resource = await this.#discovery.find(gvkOf(object));
    if (resource === undefined) throw new Error(`the cluster serves no ${object.kind}`);
    await this.#client.create(resource, object, { fieldManager });
  }

  #label(name: string, labels: Readonly<Record<string, string | null>>): Promise<unknown> {
    return this.#client.merge(CoreResources.namespaces, { metadata: { labels } }, { name, fieldManager });
  }

  get #client(): KubeClient {
    return this.#opened.client;
  }

  get #env() {
    const { path, kubeconfig } = testCluster();
    return {
      PATH: path,
      KUBECONFIG: kubeconfig,
      HOME: this.#directory,
      XDG_STATE_HOME: join(this.#directory, 'state'),
    };
  }
}

/** As it stands in the manifest. */
function manifested(object: FuzzObject, world: FuzzWorld): Manifested {
  const make = { ConfigMap: configMap, PersistentVolumeClaim: volumeClaim, ClusterRole: clusterRole }[object.kind];
  const owner = { apiVersion: 'example.com/v1', kind: 'Shop', name: 'shop', uid: 'x' };
  return make(object.name, {
    ...(object.isElsewhere === true ? { namespace: elsewhereOf(world) } : {}),
    ...(object.policy === undefined ? {} : { annotations: { 'helm.sh/resource-policy': object.policy } }),
    ...(object.isFlux === true ? { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } } : {}),
    ...(object.hasOwner === true ? { ownerReferences: [owner] } : {}),
  });
}

function withoutMarks(object: Manifested): Manifested {
  const { annotations, ...metadata } = object.metadata;
  const others = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith('meta.helm.sh/'));
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(others) } };
}

/** A revision with its flaw. */
function wire(record: FuzzRecord, name: string): Partial<WrittenRecord> {
  const { revision, status, ageMinutes, labels, annotations, flaw } = record;
  const ageMs = ageMinutes === null ? null : ageMinutes * 60_000;
  return {
    revision,
    status,
    ageMs,
    labels,
    annotations,
    ...(flaw === undefined ? {} : flawed({ flaw, name, revision })),
  };
}

function flawed(of: { flaw: NonNullable<FuzzRecord['flaw']>; name: string; revision: number }): Partial<WrittenRecord> {
  const { flaw, name, revision } = of;
  switch (flaw) {
    case 'name':
      return { inside: { name: 'another' } };
    case 'namespace':
      return { inside: { namespace: 'kube-system' } };
    case 'revision':
      return { inside: { version: revision + 5 } };
    case 'status':
      return { inside: { info: { status: 'unknown' } } };
    case 'garbage':
      return { encode: () => 'Tm8gcmVjb3JkLg==' };
    case 'cut':
      return { encode: (text) => compressed(text).slice(0, 200) };
    case 'bomb':
      return { encode: (text) => compressed(text + ' '.repeat(20_000_000)) };
    case 'no-data':
      return { encode: () => undefined };
    case 'type':
      return { type: 'Opaque' };
    case 'secret-name':
      return { secretName: `stray.${name}.v${revision}` };
  }
}

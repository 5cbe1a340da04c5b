// A project of operator-sdk (plugin helm) on the cluster: its CRD, chart, rights and watches.yaml as they are scaffolded, and
// resources as its helm-operator leaves them.
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import type { KubeClient } from '../../src/kube/client.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/objects.ts';
import { CoreResources, gvkOf, type Resource } from '../../src/kube/resource.ts';
import { decodeRelease, type Release } from '../../src/release/decode.ts';
import { parseManifest, resourcePolicyOf } from '../../src/release/manifest.ts';
import { kubectlApply } from './kubectl-apply.ts';
import { adminClient, established, eventually, helm, kubectl, type Watched } from './operator-run.ts';
import { leaderElectionRules, type PolicyRule, scaffoldRules } from './sdk-role.ts';
import { testCluster } from './test-context.ts';

/** helm-operator's finalizer. */
export const sdkFinalizer = 'helm.sdk.operatorframework.io/uninstall-release';

/** The manager of all that helm-operator writes: its program's name. */
const sdkManager = 'helm-operator';

const everything = ['*'];
const chartRules: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'secrets', 'serviceaccounts', 'services', 'persistentvolumeclaims'],
    verbs: everything,
  },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: everything },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: everything },
];

/** Options of {@link SdkProject.open}. */
export interface SdkProjectOptions {
  /** Also the API group's and the ClusterRole's first word: a project of its own for each test file. */
  readonly namespace: string;
  /** Rules besides those of the scaffold. */
  readonly rules: readonly PolicyRule[];
}

/** The project. */
export class SdkProject {
  readonly namespace: string;
  readonly client: KubeClient;
  readonly nginxes: Resource;
  readonly directory: string;
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Pick<SdkProject, 'namespace' | 'client' | 'nginxes' | 'directory'> & { close: () => Promise<void> },
  ) {
    this.namespace = parts.namespace;
    this.client = parts.client;
    this.nginxes = parts.nginxes;
    this.directory = parts.directory;
    this.#close = parts.close;
  }

  static async open({ namespace, rules }: SdkProjectOptions): Promise<SdkProject> {
    const { client, close } = await adminClient();
    const group = `${namespace}.example.com`;
    const nginxes = { group, version: 'v1alpha1', kind: 'Nginx', plural: 'nginxes', isNamespaced: true };
    const directory = await mkdtemp(join(testCluster().testRoot, 'sdk-project-'));
    const project = new SdkProject({ namespace, client, nginxes, directory, close });
    await kubectl('create', 'namespace', namespace);
    await kubectlApply(project.#crd());
    await established(`nginxes.${group}`);
    await kubectlApply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'sdk-project' },
      provisioner: 'test.example.com/none',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await project.#grant([...scaffoldRules(nginxes, chartRules), ...rules]);
    await project.useChart({ edition: 1 });
    return project;
  }

  async close(): Promise<void> {
    const { group, plural } = this.nginxes;
    // nobody is left to take the finalizers away
    const left = (await kubectl('-n', this.namespace, 'get', plural, '-o', 'name')).trim().split('\n');
    for (const each of left.filter((name) => name !== '')) {
      await kubectl('-n', this.namespace, 'patch', each, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    }
    await kubectl('delete', 'crd', `nginxes.${group}`, '--wait=false');
    await kubectl('delete', 'namespace', this.namespace, '--wait=false');
    await kubectl('delete', 'clusterrole,clusterrolebinding', `${this.namespace}-manager`);
    await this.#close();
  }

  /** Writes watches.yaml and the chart of an edition beside it. */
  async useChart({ edition }: { readonly edition: 1 | 2 | 3 }): Promise<void> {
    const chart = join(this.directory, 'helm-charts', 'nginx');
    await mkdir(join(this.directory, 'helm-charts'), { recursive: true });
    await cp('test/support/charts/nginx', chart, { recursive: true });
    const text = await readFile(join(chart, 'values.yaml'), 'utf8');
    await writeFile(join(chart, 'values.yaml'), text.replace('edition: 1', `edition: ${edition}`));
    await writeFile(
      join(this.directory, 'watches.yaml'),
      [
        "# Use the 'create api' subcommand to add watches to this file.",
        `- group: ${this.nginxes.group}`,
        '  version: v1alpha1',
        '  kind: Nginx',
        '  chart: helm-charts/nginx',
        '# +kubebuilder:scaffold:watch',
        '',
      ].join('\n'),
    );
  }

  /** Applies the CRD that our program makes for the project. */
  async useOwnCrd(): Promise<void> {
    const watches = join(this.directory, 'watches.yaml');
    const { stdout } = await execa(process.execPath, [resolve('dist/main.js'), 'crd', `--watches-file=${watches}`]);
    await kubectlApply(parse(stdout) as Record<string, unknown>);
  }

  /** A resource with its release, as helm-operator leaves them. */
  async installed(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<Release> {
    const { namespace, client, nginxes } = this;
    const manager = { namespace, fieldManager: sdkManager };
    await kubectlApply({ ...typeOf(nginxes), metadata: { name, namespace }, spec });
    const values = join(this.directory, `${name}.yaml`);
    await writeFile(values, stringify(spec));
    await helm(
      'install',
      name,
      join(this.directory, 'helm-charts', 'nginx'),
      `--namespace=${namespace}`,
      `--values=${values}`,
      '--server-side=false',
    );
    const owner = await client.get(nginxes, { namespace, name });
    const record = await client.get<KubeObject & { data?: Record<string, string> }>(CoreResources.secrets, {
      namespace,
      name: `sh.helm.release.v1.${name}.v1`,
    });
    const release = decodeRelease(record);
    await this.#mark(CoreResources.secrets, record.metadata, { owner, isReferred: true });
    const discovery = new Discovery(client);
    for (const object of parseManifest(release.manifest)) {
      const resource = await discovery.resolve(gvkOf(object));
      const where = resource.isNamespaced ? { namespace } : {};
      const { metadata } = await client.get(resource, { name: object.metadata.name, ...where });
      const isReferred = resource.isNamespaced && resourcePolicyOf(object) === undefined;
      const labels = { 'helm.sdk.operatorframework.io/chart': 'nginx' };
      await this.#mark(resource, metadata, { owner, isReferred, labels });
    }
    await client.merge(nginxes, { metadata: { finalizers: [sdkFinalizer] } }, { ...manager, name });
    const status = statusOf(release);
    await client.merge(nginxes, { status }, { ...manager, name, subresource: 'status' });
    return release;
  }

  /** What helm 3 wrote within helm-operator: by updates, under its name, with the resource's mark. */
  async #mark(
    resource: Resource,
    meta: ObjectMeta,
    mark: { readonly owner: KubeObject; readonly isReferred: boolean; readonly labels?: Record<string, string> },
  ): Promise<void> {
    const { owner, isReferred, labels = {} } = mark;
    const { name, namespace, managedFields = [] } = meta;
    const where = { name, namespace, fieldManager: sdkManager };
    const renamed = managedFields.map((entry) =>
      entry.manager === 'helm' ? { ...entry, manager: sdkManager } : entry,
    );
    await this.client.merge(resource, { metadata: { managedFields: renamed } }, where);
    const { uid, name: ownerName } = owner.metadata;
    const reference = { ...typeOf(this.nginxes), name: ownerName, uid, controller: true, blockOwnerDeletion: true };
    const annotations = {
      'operator-sdk/primary-resource': `${this.namespace}/${ownerName}`,
      'operator-sdk/primary-resource-type': `Nginx.${this.nginxes.group}`,
    };
    const metadata = { labels, ...(isReferred ? { ownerReferences: [reference] } : { annotations }) };
    await this.client.merge(resource, { metadata }, where);
  }

  get(name: string): Promise<Watched | undefined> {
    return this.client.find<Watched>(this.nginxes, { namespace: this.namespace, name });
  }

  /** The resource once it is as it should be. */
  when(name: string, isMet: (resource: Watched) => boolean, what: string): Promise<Watched> {
    return eventually(`${name} ${what}`, async () => {
      const resource = await this.get(name);
      return resource !== undefined && isMet(resource) ? resource : undefined;
    });
  }

  /** An object of a release, whole. */
  async object<T = Record<string, unknown>>(kind: string, name: string): Promise<T & { metadata: ObjectMeta }> {
    const out = await kubectl('-n', this.namespace, 'get', kind, name, '-o', 'json', '--show-managed-fields');
    return JSON.parse(out) as T & { metadata: ObjectMeta };
  }

  /** Which of these are there, as `kind/name`. */
  async present(...objects: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(
      objects.map((each) => kubectl('-n', this.namespace, 'get', each, '--ignore-not-found', '-o', 'name')),
    );
    return objects.filter((_, index) => found[index] !== '');
  }

  async #grant(rules: readonly PolicyRule[]): Promise<void> {
    const rbac = 'rbac.authorization.k8s.io';
    const { namespace } = this;
    const subjects = [{ kind: 'ServiceAccount', name: 'controller-manager', namespace }];
    await kubectl('-n', namespace, 'create', 'serviceaccount', 'controller-manager');
    const name = `${namespace}-manager`;
    const leader = 'leader-election';
    for (const [kind, metadata, content] of [
      ['ClusterRole', { name }, { rules }],
      ['ClusterRoleBinding', { name }, { roleRef: { apiGroup: rbac, kind: 'ClusterRole', name }, subjects }],
      ['Role', { name: leader, namespace }, { rules: leaderElectionRules }],
      [
        'RoleBinding',
        { name: leader, namespace },
        { roleRef: { apiGroup: rbac, kind: 'Role', name: leader }, subjects },
      ],
    ] as const) {
      await kubectlApply({ apiVersion: `${rbac}/v1`, kind, metadata, ...content });
    }
  }

  /** `config/crd/bases`, as scaffolded. */
  #crd(): Record<string, unknown> {
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const { group, plural, kind, version } = this.nginxes;
    const properties = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: { kind, listKind: `${kind}List`, plural, singular: 'nginx' },
        scope: 'Namespaced',
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { ...properties, spec: open, status: open } } },
            subresources: { status: {} },
          },
        ],
      },
    };
  }
}

function typeOf({ group, version, kind }: Resource) {
  return { apiVersion: `${group}/${version}`, kind };
}

/** helm-operator's status after an install: the whole manifest is in it. */
function statusOf(release: Release): Record<string, unknown> {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  return {
    conditions: [
      { type: 'Initialized', status: 'True', lastTransitionTime },
      { type: 'Deployed', status: 'True', reason: 'InstallSuccessful', message: 'Thank you.', lastTransitionTime },
    ],
    deployedRelease: { name: release.name, manifest: release.manifest },
  };
}

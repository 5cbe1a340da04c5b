// A test's own namespaces, charts and releases on the shared cluster, made by the real helm.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { execa, type ResultPromise } from 'execa';
import { Helm } from '../../src/helm/process.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { OpenClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { recordSecretName } from '../../src/release/record.ts';
import { createNamespace, openTestClient } from './cluster-client.ts';
import { established, eventually } from './operator-run.ts';
import { testCluster } from './test-context.ts';

/** A record's Secret with its data. */
export interface RecordSecret extends KubeObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The JSON of a record; it must be compressed, as helm writes it. */
export function jsonOf({ data }: { readonly data?: RecordSecret['data'] | undefined }): string {
  const inner = Buffer.from(data?.release ?? '', 'base64').toString('latin1');
  return gunzipSync(Buffer.from(inner, 'base64')).toString('utf8');
}

/** `data` of a record with this JSON, compressed as helm does. */
export function encodeRecord(json: string): Readonly<Record<string, string>> {
  return { release: Buffer.from(gzipSync(json).toString('base64')).toString('base64') };
}

/** The lab. Its namespaces go away with it. */
export class ReleaseLab implements AsyncDisposable {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly #opened: OpenClient;
  /** helm's home and discovery cache, which must not be that of another test, and the charts. */
  readonly #home: string;
  readonly #namespaces: string[] = [];

  private constructor(opened: OpenClient, home: string) {
    this.#opened = opened;
    this.#home = home;
    this.client = opened.client;
    this.discovery = new Discovery(opened.client);
  }

  static async open(): Promise<ReleaseLab> {
    return new ReleaseLab(await openTestClient(), await mkdtemp(join(testCluster().testRoot, 'lab-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#namespaces) await this.client.delete(CoreResources.namespaces, { name });
    await this.#opened.close();
  }

  async namespace(prefix: string): Promise<string> {
    const name = await createNamespace(this.client, prefix);
    this.#namespaces.push(name);
    return name;
  }

  /** Writes a chart of one template. Gives its path. */
  async chart(template: string): Promise<string> {
    const dir = await mkdtemp(join(this.#home, 'chart-'));
    await mkdir(join(dir, 'templates'));
    await writeFile(join(dir, 'Chart.yaml'), 'apiVersion: v2\nname: lab\nversion: 1.0.0\n');
    await writeFile(join(dir, 'templates', 'objects.yaml'), template);
    return dir;
  }

  /** Runs helm as a user would. */
  async helm(...args: readonly string[]): Promise<string> {
    const { stdout } = await this.startHelm(...args);
    return String(stdout);
  }

  /** Starts helm; who calls awaits or kills it. */
  startHelm(...args: readonly string[]): ResultPromise {
    return execa(testCluster().helm, args, { env: { ...this.#env, KUBECONFIG: testCluster().kubeconfig } });
  }

  /** Runs kubectl as a user would. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { kubectl, kubeconfig } = testCluster();
    const { stdout } = await execa(kubectl, args, { env: { ...this.#env, KUBECONFIG: kubeconfig } });
    return stdout;
  }

  /** Applies YAML as a user would. */
  async apply(yaml: string): Promise<void> {
    const { kubectl, kubeconfig } = testCluster();
    const env = { ...this.#env, KUBECONFIG: kubeconfig };
    await execa(kubectl, ['apply', '-f', '-'], { env, input: yaml });
  }

  /** Whether `kubectl get` finds something. */
  async exists(...args: readonly string[]): Promise<boolean> {
    return (await this.kubectl('get', ...args, '--ignore-not-found', '-o', 'name')) !== '';
  }

  /** Makes a ServiceAccount that may do what the rules say in its namespace, and nothing else. Gives its user name. */
  async serviceAccount(namespace: string, name: string, rules: string): Promise<string> {
    const metadata = `metadata: {name: ${name}, namespace: ${namespace}}`;
    await this.apply(`
apiVersion: v1
kind: ServiceAccount
${metadata}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
${metadata}
rules: ${rules}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
${metadata}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name}}
subjects: [{kind: ServiceAccount, name: ${name}, namespace: ${namespace}}]
`);
    return `system:serviceaccount:${namespace}:${name}`;
  }

  /** Has the API server refuse to delete one cluster-scoped object, until that is removed. */
  async undeletable(plural: string, name: string): Promise<{ readonly remove: () => Promise<void> }> {
    const group = plural === 'clusterroles' ? 'rbac.authorization.k8s.io' : '';
    await this.apply(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: keep-${name}}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: ["${group}"], apiVersions: [v1], operations: [DELETE], resources: [${plural}], resourceNames: [${name}]}
  validations: [{expression: "false", message: "it is needed"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: keep-${name}}
spec: {policyName: keep-${name}, validationActions: [Deny]}
`);
    const isRefused = (): Promise<boolean> =>
      this.kubectl('delete', plural, name, '--dry-run=server').then(
        () => false,
        (error: unknown) => String(error).includes('it is needed'),
      );
    await eventually('it cannot be deleted', isRefused);
    const remove = async (): Promise<void> => {
      await this.kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', `keep-${name}`);
      await eventually('it can be deleted again', async () => !(await isRefused()));
    };
    return { remove };
  }

  /** A kind of its own, `Widget` in a group that is used once, until it is removed. */
  async widgetKind(prefix: string): Promise<{ readonly group: string; readonly remove: () => Promise<unknown> }> {
    const group = `${prefix}-${Math.random().toString(36).slice(2, 8)}.test.velotio.com`;
    await this.apply(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`);
    await established(`widgets.${group}`);
    const remove = () => this.kubectl('delete', 'crd', `widgets.${group}`, '--wait=true');
    return { group, remove };
  }

  /** helm as the program runs it. `isFresh`: one that asks the server anew which kinds there are. */
  newHelm({ isFresh = false } = {}): Helm {
    const { helm: binary, kubeconfig } = testCluster();
    const fresh = isFresh ? { KUBECACHEDIR: join(this.#home, `kube-${Math.random().toString(36).slice(2)}`) } : {};
    return new Helm({ binary, kubeconfig, env: { ...this.#env, ...fresh } });
  }

  /** Changes what a record says inside, as whoever may write Secrets can. */
  async forge(namespace: string, name: string, change: (json: string) => string): Promise<void> {
    const secret = await this.record(namespace, name);
    const data = encodeRecord(change(jsonOf(secret)));
    const target = { namespace, name: secret.metadata.name, fieldManager: 'forger' };
    await this.client.merge(CoreResources.secrets, { data }, target);
  }

  /** Makes a revision's record one that nobody can read. */
  async garble(namespace: string, name: string, revision = 1): Promise<void> {
    const target = { namespace, name: recordSecretName(name, revision), fieldManager: 'forger' };
    await this.client.merge(CoreResources.secrets, { data: { release: 'AAAA' } }, target);
  }

  /** Writes one revision more, as whoever may write Secrets can: this one's record with changes inside and outside. */
  async forgeNext(
    namespace: string,
    name: string,
    forged: {
      readonly revision: number;
      readonly manifest: string;
      readonly status?: string;
      readonly labels?: Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    const { revision, manifest, status = 'deployed', labels = {} } = forged;
    const { metadata, type, data } = await this.record(namespace, name, revision - 1);
    const original = JSON.parse(jsonOf({ data })) as { readonly info: object };
    const info = { ...original.info, status };
    const json = JSON.stringify({ ...original, info, version: revision, manifest });
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      data: encodeRecord(json),
      metadata: {
        name: recordSecretName(name, revision),
        namespace,
        labels: { ...metadata.labels, version: String(revision), status, ...labels },
      },
    };
    await this.client.create(CoreResources.secrets, secret, { fieldManager: 'forger' });
  }

  /** A revision's Secret. */
  record(namespace: string, name: string, revision = 1): Promise<RecordSecret> {
    const secretName = recordSecretName(name, revision);
    return this.client.get<RecordSecret>(CoreResources.secrets, { namespace, name: secretName });
  }

  get #env() {
    return { PATH: testCluster().path, HOME: this.#home, KUBECACHEDIR: join(this.#home, 'kube') };
  }
}

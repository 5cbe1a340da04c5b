// The place where hostile and unlucky releases live at once: a namespace for each, a healthy release beside it, one run.
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import type { KubeClient } from '../../../src/kube/client.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import type { ObjectInput } from '../../../src/kube/objects.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources, gvkOf } from '../../../src/kube/resource.ts';
import { openTestClient } from '../cluster-client.ts';
import { freeLease } from '../free-lease.ts';
import { eventually } from '../operator-run.ts';
import { testCluster } from '../test-context.ts';
import { configMap, installed, type Manifested, recordOf, type WrittenRecord } from '../written-release.ts';
import type { HostileRow, RowHands } from './hostile-row.ts';

const fieldManager = 'hostile';

/** Label of the namespaces that are opted in. */
export const optIn = 'purge-hostile';

/** The place. */
export class HostileLab implements AsyncDisposable {
  readonly id: string;
  readonly directory: string;
  readonly client: KubeClient;
  readonly #opened: OpenClient;
  readonly #discovery: Discovery;
  readonly #namespaces = new Set<string>();
  readonly #atEnd: (() => Promise<unknown>)[] = [];

  private constructor(opened: OpenClient, directory: string) {
    this.id = `hostile-${Math.random().toString(36).slice(2, 8)}`;
    this.directory = directory;
    this.#opened = opened;
    this.client = opened.client;
    this.#discovery = new Discovery(opened.client);
  }

  static async open(): Promise<HostileLab> {
    return new HostileLab(await openTestClient(), await mkdtemp(join(testCluster().testRoot, 'hostile-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.#atEnd) await undo();
    for (const name of this.#namespaces) await this.client.delete(CoreResources.namespaces, { name });
    await this.#opened.close();
  }

  /** Whose purge looks for its lock there; another team's, which has not opted in. */
  get operatorNamespace(): string {
    return `${this.id}-operator`;
  }

  get elsewhere(): string {
    return `${this.id}-elsewhere`;
  }

  namespaceOf(row: Pick<HostileRow, 'name'>): string {
    return `${this.id}-${row.name}`;
  }

  /** What all rows need: the lock, the other team's namespace, and who purges in theirs. */
  async prepare(rows: readonly HostileRow[]): Promise<void> {
    await this.namespace(this.operatorNamespace, {});
    await freeLease(this.client, { namespace: this.operatorNamespace, name: 'bookstore-operator-purge' });
    await this.namespace(this.elsewhere, {});
    await this.create(configMap('same-name', { namespace: this.elsewhere }));
    const mighty = rows.filter(({ rights }) => rights === undefined);
    const name = `${this.id}-purgers`;
    const subjects = mighty.map((row) => ({
      kind: 'ServiceAccount',
      name: 'purger',
      namespace: this.namespaceOf(row),
    }));
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name } };
    await this.create({ ...binding, roleRef, subjects });
    this.atEnd(() => this.kubectl('delete', 'clusterrolebinding', name));
  }

  /** Makes a row's namespace, the healthy release beside it, and the row itself. */
  async make(row: HostileRow): Promise<void> {
    const namespace = this.namespaceOf(row);
    await this.namespace(namespace, { labels: { [optIn]: this.id }, annotations: row.annotations ?? {} });
    await this.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'purger', namespace } });
    await this.create(configMap(namespace, { namespace: this.elsewhere }));
    if (row.rights !== undefined) await this.#grant(namespace, row.rights);
    if (row.isAlone !== true) await this.#write({ namespace, name: 'bystander' }, [configMap('bystander')]);
    await row.make(this.hands(row));
  }

  hands(row: HostileRow): RowHands {
    const { release = 'shop' } = row;
    const namespace = this.namespaceOf(row);
    const key = { namespace, name: release };
    return {
      namespace,
      release,
      elsewhere: this.elsewhere,
      client: this.client,
      helm: this.helm,
      kubectl: this.kubectl,
      apply: this.apply,
      record: (record) => this.create(recordOf({ ...key, ...record })),
      place: (object) => this.create(installed(object, key)),
      placeBare: (object) => this.create({ ...object, metadata: { namespace, ...object.metadata } }),
      shop: (record) => this.#write({ ...key, ...record }, [configMap(record?.name ?? release)]),
      shopOf: (objects, record) => this.#write({ ...key, ...record }, objects),
      install: (template, name = release) => this.#install(template, { namespace, name }),
      age: (name = release) => this.#age({ namespace, name }),
      atEnd: this.atEnd,
    };
  }

  /** Makes a namespace that goes away with the lab. */
  async namespace(name: string, metadata: Pick<ObjectInput['metadata'], 'labels' | 'annotations'>): Promise<void> {
    await this.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, name } });
    this.#namespaces.add(name);
  }

  readonly atEnd = (undo: () => Promise<unknown>): void => void this.#atEnd.push(undo);

  /** Creates any object. */
  async create(object: ObjectInput): Promise<void> {
    const resource = await this.#discovery.find(gvkOf(object));
    if (resource === undefined) throw new Error(`the cluster serves no ${object.kind}`);
    await this.client.create(resource, object, { fieldManager });
  }

  async #write(record: WrittenRecord, objects: readonly Manifested[]): Promise<void> {
    for (const object of objects) await this.create(installed(object, record));
    await this.create(recordOf({ objects, ...record }));
  }

  async #install(template: string, release: { readonly namespace: string; readonly name: string }): Promise<void> {
    const chart = await mkdtemp(join(this.directory, 'chart-'));
    await mkdir(join(chart, 'templates'));
    await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: hostile\nversion: 1.0.0\n');
    await writeFile(join(chart, 'templates', 'objects.yaml'), template);
    await this.helm('install', release.name, chart, '-n', release.namespace);
    await this.#age(release);
  }

  async #age({ namespace, name }: { readonly namespace: string; readonly name: string }): Promise<void> {
    const { items } = await this.client.list(CoreResources.secrets, {
      namespace,
      labelSelector: `owner=helm,name=${name}`,
    });
    const dayAgo = String(Math.floor(Date.now() / 1000) - 86_400);
    for (const { metadata } of items) {
      const labels = {
        createdAt: dayAgo,
        ...(metadata.labels?.modifiedAt === undefined ? {} : { modifiedAt: dayAgo }),
      };
      const target = { namespace, name: metadata.name, fieldManager };
      await this.client.merge(CoreResources.secrets, { metadata: { labels } }, target);
    }
  }

  #grant(namespace: string, rules: string): Promise<void> {
    const head = `apiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: purger, namespace: ${namespace}}`;
    const binding = `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: purger}
subjects: [{kind: ServiceAccount, name: purger, namespace: ${namespace}}]`;
    return this.apply(`${head}\nkind: Role\nrules: ${rules}\n---\n${head}\nkind: RoleBinding\n${binding}\n`);
  }

  readonly helm = (...args: readonly string[]): Promise<string> => this.#run(testCluster().helm, args);

  readonly kubectl = (...args: readonly string[]): Promise<string> => this.#run(testCluster().kubectl, args);

  readonly apply = async (yaml: string): Promise<void> => {
    await execa(testCluster().kubectl, ['apply', '-f', '-'], { env: this.env, input: yaml });
  };

  async #run(file: string, args: readonly string[]): Promise<string> {
    const { stdout } = await execa(file, args, { env: this.env });
    return stdout;
  }

  /** Of every program that is started for the lab. */
  get env(): Readonly<Record<string, string>> {
    const { path, kubeconfig } = testCluster();
    return { PATH: path, KUBECONFIG: kubeconfig, HOME: this.directory, KUBECACHEDIR: join(this.directory, 'kube') };
  }

  /** A kubeconfig whose context points to the other team's namespace. */
  async misleadingKubeconfig(): Promise<string> {
    const config = parse(await readFile(testCluster().kubeconfig, 'utf8')) as { contexts: { context: object }[] };
    const contexts = config.contexts.map((one) => ({ ...one, context: { ...one.context, namespace: this.elsewhere } }));
    const file = join(this.directory, 'misleading');
    await writeFile(file, JSON.stringify({ ...config, contexts }));
    return file;
  }

  /** A helm that does what the rows say in the place of their uninstalls, and else what helm does. */
  async shim(rows: readonly HostileRow[]): Promise<string> {
    const cases = rows.flatMap((row) => {
      if (row.helm === undefined) return [];
      const { namespace, release } = this.hands(row);
      return [`"uninstall ${release} --namespace=${namespace} "*)\n${row.helm({ namespace, release })}\n;;`];
    });
    const file = join(this.directory, 'helm');
    const { helm, kubectl, kubeconfig } = testCluster();
    const real = `helm() { ${helm} "$@"; }\nkubectl() { ${kubectl} --kubeconfig ${kubeconfig} "$@"; }`;
    await writeFile(file, `#!/bin/sh\n${real}\ncase "$* " in\n${cases.join('\n')}\n*) exec ${helm} "$@";;\nesac\n`);
    await chmod(file, 0o755);
    return file;
  }

  /** `purge …` of the built program, on a terminal: `beforeAnswer` happens while the question stands there. */
  async purgeOnTerminal(
    args: readonly string[],
    options: { readonly env: Readonly<Record<string, string>>; readonly beforeAnswer: () => Promise<void> },
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly terminal: string }> {
    const out = join(this.directory, 'stdout');
    const command = [process.execPath, resolve('dist/main.js'), 'purge', ...args, '>', out].join(' ');
    const child = execa('script', ['-qefc', command, '/dev/null'], {
      env: { ...this.env, SHELL: '/bin/sh', POD_NAMESPACE: this.operatorNamespace, ...options.env },
      cwd: this.directory,
      reject: false,
      timeout: 300_000,
    });
    let terminal = '';
    child.stdout.on('data', (chunk: Buffer) => {
      terminal += chunk.toString();
    });
    let isOver = false;
    const over = child.then(() => {
      isOver = true;
    });
    await eventually('the question', () => Promise.resolve(isOver || /Type the number/.test(terminal)));
    if (isOver) throw new Error(`it ended without a question:\n${terminal}`);
    await options.beforeAnswer();
    const [, count = ''] = /uninstalls (\d+) release/.exec(terminal) ?? [];
    child.stdin.end(`${count}\n`);
    const { exitCode = -1 } = await child;
    await over;
    return { exitCode, stdout: await readFile(out, 'utf8'), terminal };
  }
}

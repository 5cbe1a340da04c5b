// A namespace with an operator in it, for tests of values: its sources, its resources, and what became of them.
import { CoreResources } from '../../src/kube/resource.ts';
import type { WatchEntry } from '../../src/watches/watch-entry.ts';
import {
  condition,
  eventually,
  kubectl,
  type OperatorRun,
  startOperator,
  tutorialBookStore,
  type Watched,
} from './operator-run.ts';

const fieldManager = 'test';
const annotation = 'helm.velotio.com/values-from';

/** An operator in a namespace of its own, and what tests do there. */
export class ValuesShop {
  readonly namespace: string;
  readonly operator: OperatorRun;

  private constructor(namespace: string, operator: OperatorRun) {
    this.namespace = namespace;
    this.operator = operator;
  }

  static async open(
    namespace: string,
    options: {
      readonly entry: Partial<WatchEntry>;
      readonly impersonate?: string;
      readonly prepare?: () => Promise<unknown>;
    },
  ): Promise<ValuesShop> {
    await kubectl('create', 'namespace', namespace);
    await options.prepare?.();
    return new ValuesShop(namespace, await startOperator({ namespace, ...options }));
  }

  async close(): Promise<void> {
    await this.operator.stop();
    await kubectl('delete', 'namespace', this.namespace, '--wait=false');
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl('-n', this.namespace, ...args);
  }

  async create(name: string, valuesFrom: string, spec: Record<string, unknown> = {}): Promise<void> {
    const { metadata, ...rest } = tutorialBookStore(this.namespace, name);
    const annotations = valuesFrom === '' ? {} : { [annotation]: valuesFrom };
    const object = { ...rest, metadata: { ...metadata, annotations }, spec };
    await this.operator.client.create(this.operator.bookStores, object, { fieldManager });
  }

  async annotate(name: string, valuesFrom: string, key = annotation): Promise<void> {
    const change = { metadata: { annotations: { [key]: valuesFrom } } };
    await this.operator.client.merge(this.operator.bookStores, change, {
      namespace: this.namespace,
      name,
      fieldManager,
    });
  }

  /** Makes or replaces `secret/x` or `configmap/x`. */
  async put(source: string, data: Readonly<Record<string, string>>): Promise<void> {
    const [type, name = ''] = source.split('/');
    const [resource, content] =
      type === 'secret' ? [CoreResources.secrets, { stringData: data }] : [CoreResources.configMaps, { data }];
    const object = { apiVersion: 'v1', kind: resource.kind, metadata: { name, namespace: this.namespace }, ...content };
    await this.operator.client.apply(resource, object, { fieldManager });
  }

  remove(source: string): Promise<string> {
    return this.kubectl('delete', source);
  }

  async replicas(name: string): Promise<string> {
    return this.kubectl('get', 'deployment', `${name}-bookstore`, '-o', 'jsonpath={.spec.replicas}');
  }

  /** An annotation of the application's pods. */
  async podAnnotation(name: string, key: string): Promise<string> {
    const path = `jsonpath={.spec.template.metadata.annotations.${key}}`;
    return this.kubectl('get', 'deployment', `${name}-bookstore`, '-o', path);
  }

  /** The resource once this revision is deployed and ready. */
  revision(name: string, revision: number): Promise<Watched> {
    return eventually(`revision ${revision} of ${name}`, async () => {
      const resource = await this.operator.get(name);
      const isReady = condition(resource?.status, 'Ready')?.status === 'True';
      return resource?.status?.release?.revision === revision && isReady && resource;
    });
  }

  /** Waits for a pass that begins from now on. */
  async pass(name: string): Promise<void> {
    const request = String(performance.now());
    await this.annotate(name, request, 'helm.velotio.com/reconcile-requested-at');
    await eventually(
      'there was a pass',
      async () => (await this.operator.get(name))?.status?.lastHandledReconcileAt === request,
    );
  }

  /** How often helm was called for a release. */
  calls(name: string): number {
    return this.operator.helm.calls.filter((args) => args.includes(name)).length;
  }

  async message(name: string, reason: string): Promise<string> {
    return condition((await this.operator.reason(name, reason)).status, 'Ready')?.message ?? '';
  }
}

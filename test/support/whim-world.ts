// Whims at work: an operator for kinds of a test file's own, and the hands that its cases need.
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import {
  type AuditedHelm,
  condition,
  eventually,
  helm,
  kubectl,
  type OperatorRun,
  startOperator,
  type Watched,
} from './operator-run.ts';
import { installWhims, type WhimKind } from './whims.ts';

const fieldManager = 'test';

/** An operator with its kinds. */
export interface WhimWorld<Kind extends string> {
  readonly operator: OperatorRun;
  readonly whims: Readonly<Record<Kind, Whims>>;
  /** Ends the operator; the namespace goes too. */
  stop(): Promise<void>;
}

/** Options of {@link startWhims}. */
export interface WhimWorldOptions<Kind extends string> {
  /** It is made where it is not there. */
  readonly namespace: string;
  /** By kind, names of the test file's own: fields of its entry in watches.yaml. */
  readonly kinds: Readonly<Record<Kind, Readonly<Record<string, unknown>>>>;
  /** Further namespaces to watch. */
  readonly alsoIn?: readonly string[];
}

/** Installs the kinds, and starts one operator for all of them. */
export async function startWhims<Kind extends string>(options: WhimWorldOptions<Kind>): Promise<WhimWorld<Kind>> {
  const { namespace, alsoIn = [] } = options;
  const names = Object.keys(options.kinds) as Kind[];
  await Promise.all([namespace, ...alsoIn].map(makeNamespace));
  const kinds = await Promise.all(
    names.map(async (name) => {
      const fields = options.kinds[name];
      const scope = 'releaseNamespace' in fields ? 'Cluster' : 'Namespaced';
      const kind = await installWhims(name, scope === 'Cluster' ? { scope } : { namespace });
      return { name, kind, entry: await kind.entry(fields) };
    }),
  );
  const operator = await startOperator({ namespace, alsoIn, entries: kinds.map(({ entry }) => entry) });
  const whims = Object.fromEntries(kinds.map(({ name, kind }) => [name, new Whims(kind, { ...operator, namespace })]));
  return {
    operator,
    whims: whims as Record<Kind, Whims>,
    stop: async () => {
      await operator.stop();
      await kubectl('delete', 'namespace', namespace, ...alsoIn, '--wait=false', '--ignore-not-found');
    },
  };
}

/** Makes a namespace where there is none. */
export async function makeNamespace(name: string): Promise<void> {
  const isThere = (await kubectl('get', 'namespace', name, '--ignore-not-found', '-o', 'name')) !== '';
  if (!isThere) await kubectl('create', 'namespace', name);
}

/** Where the resources of a kind are, and what works on them. */
export interface WhimPlace {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The operator's; absent where that is a process of its own. */
  readonly helm?: AuditedHelm;
}

/** The resources of one kind. */
export class Whims {
  readonly kind: WhimKind;
  readonly #at: WhimPlace;

  constructor(kind: WhimKind, place: WhimPlace) {
    this.kind = kind;
    this.#at = place;
  }

  /** The same kind in another namespace. */
  in(namespace: string): Whims {
    return new Whims(this.kind, { ...this.#at, namespace });
  }

  create(
    name: string,
    spec: Readonly<Record<string, unknown>> = {},
    metadata: Readonly<Record<string, unknown>> = {},
  ): Promise<Watched> {
    const whim = this.kind.whim(name, spec);
    const all = { ...whim.metadata, ...metadata, name, ...this.#place };
    return this.#client.create(this.kind.resource, { ...whim, metadata: all }, { ...this.#place, fieldManager });
  }

  /** A merge patch: of `spec`, `metadata`, … */
  patch(name: string, change: Readonly<Record<string, unknown>>, subresource?: 'status'): Promise<Watched> {
    const more = subresource === undefined ? {} : { subresource };
    return this.#client.merge(this.kind.resource, change, { ...this.#place, name, fieldManager, ...more });
  }

  /** By short name where it is ours: `suspend`. `null` takes one away. */
  annotate(name: string, annotations: Readonly<Record<string, string | null>>): Promise<Watched> {
    const full = Object.entries(annotations).map(([key, value]) => [
      key.includes('/') ? key : `helm.velotio.com/${key}`,
      value,
    ]);
    return this.patch(name, { metadata: { annotations: Object.fromEntries(full) } });
  }

  async delete(name: string): Promise<void> {
    await this.#client.delete(this.kind.resource, { ...this.#place, name });
  }

  get(name: string): Promise<Watched | undefined> {
    return this.#client.find<Watched>(this.kind.resource, { ...this.#place, name });
  }

  /** The resource once it is as described. */
  until(name: string, what: string, isMet: (resource: Watched) => boolean): Promise<Watched> {
    return eventually(`${name} ${what}`, async () => {
      const resource = await this.get(name);
      return resource !== undefined && isMet(resource) ? resource : undefined;
    });
  }

  /** Once `Ready` is `True` for the latest generation. */
  ready(name: string, revision?: number): Promise<Watched> {
    return this.until(name, `is Ready${revision === undefined ? '' : ` with revision ${revision}`}`, (resource) => {
      const { metadata, status } = resource;
      const isReady =
        condition(status, 'Ready')?.status === 'True' && status?.observedGeneration === metadata.generation;
      return isReady && (revision === undefined || status?.release?.revision === revision);
    });
  }

  /** Once `Ready` has this reason for the latest generation. */
  reason(name: string, reason: string): Promise<Watched> {
    return this.until(name, `has the reason ${reason}`, ({ metadata, status }) => {
      const isCurrent = status?.observedGeneration === metadata.generation;
      return isCurrent && condition(status, 'Ready')?.reason === reason;
    });
  }

  /** Collects, from now on, what `Ready`, `Deployed` and the rest say at each change: `Ready=False UpgradeFailed, …`. */
  async follow(name: string): Promise<readonly string[]> {
    const { resourceVersion = '' } = (await this.get(name))?.metadata ?? {};
    const fieldSelector = `metadata.name=${name}`;
    const options = { ...this.#place, fieldSelector, resourceVersion, timeoutSeconds: 300 };
    const events = await this.#client.watch<Watched>(this.kind.resource, options);
    const stages: string[] = [];
    const collect = async (): Promise<void> => {
      for await (const { type, object } of events) {
        if (type !== 'MODIFIED') continue;
        const conditions = object.status?.conditions ?? [];
        const stage = conditions.map((each) => `${each.type}=${each.status} ${each.reason}`).join(', ');
        if (stage !== stages.at(-1)) stages.push(stage);
      }
    };
    collect().catch(() => undefined); // the client is closed with its operator
    return stages;
  }

  async gone(name: string): Promise<void> {
    await eventually(`${name} is gone`, async () => (await this.get(name)) === undefined);
  }

  /** Those of the operator's helm calls that name it, in order. */
  calls(name: string): readonly (readonly string[])[] {
    return this.#at.helm?.calls.filter((args) => args.includes(name)) ?? [];
  }

  /** Their verbs. */
  verbs(name: string): readonly string[] {
    return this.calls(name).map(([verb]) => verb ?? '');
  }

  /** Its Events, as `Reason: note`. */
  async events(name: string): Promise<readonly string[]> {
    const { uid } = (await this.get(name))?.metadata ?? {};
    const namespace = this.kind.resource.isNamespaced ? this.#at.namespace : 'default';
    const { items } = await this.#client.list<WireEvent>(CoreResources.events, { namespace });
    return items
      .filter(({ regarding }) => regarding?.kind === this.kind.kind && regarding.name === name)
      .filter(({ regarding }) => uid === undefined || regarding?.uid === uid)
      .map(({ reason, note }) => `${reason}: ${note}`);
  }

  /** Once there is such an Event. */
  event(name: string, text: RegExp): Promise<string> {
    return eventually(`${name} has an Event ${text}`, async () =>
      (await this.events(name)).find((each) => text.test(each)),
    );
  }

  get #client(): KubeClient {
    return this.#at.client;
  }

  get #place(): { readonly namespace?: string } {
    return this.kind.resource.isNamespaced ? { namespace: this.#at.namespace } : {};
  }
}

type WireEvent = KubeObject & {
  readonly reason?: string;
  readonly note?: string;
  readonly regarding?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
};

/** What `helm history` says of a release, oldest first: `1 superseded`. */
export async function helmHistory(namespace: string, name: string): Promise<readonly string[]> {
  const revisions = JSON.parse(await helm('history', name, '-n', namespace, '-o', 'json')) as readonly {
    readonly revision: number;
    readonly status: string;
  }[];
  return revisions.map(({ revision, status }) => `${revision} ${status}`);
}

/** What a ConfigMap of this name greets with; undefined where there is none. */
export async function greetingOf(namespace: string, name: string): Promise<string | undefined> {
  const template = 'jsonpath={.data.greeting}';
  const text = await kubectl('-n', namespace, 'get', 'configmap', name, '--ignore-not-found', '-o', template);
  return text === '' ? undefined : text;
}

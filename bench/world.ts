// The cluster as the benchmark sees it: local copies of what is waited for, so that waiting asks the API server nothing.
import type { KubeClient } from '../src/kube/client.ts';
import { Discovery } from '../src/kube/discovery.ts';
import type { ObjectStore } from '../src/kube/object-store.ts';
import type { KubeObject } from '../src/kube/objects.ts';
import { openClient } from '../src/kube/open-client.ts';
import { CoreResources, type Resource } from '../src/kube/resource.ts';
import { WatchHub } from '../src/kube/watch-hub.ts';
import { benchAgent } from './audit-log.ts';
import { components } from './chart-objects.ts';
import type { ReleaseName, Site } from './site.ts';

/** What is kept of a resource: what it says of itself. */
export interface SeenResource extends KubeObject {
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
  readonly observedGeneration: number | undefined;
}

/** A resource as the API server sends it. */
interface SentResource extends SeenResource {
  readonly status?: Partial<Pick<SeenResource, 'conditions' | 'observedGeneration'>>;
}

/** Kinds that a release is made of, or leaves behind. */
const kinds = [
  { group: '', version: 'v1', kind: 'Pod' },
  { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  { group: 'apps', version: 'v1', kind: 'Deployment' },
  { group: '', version: 'v1', kind: 'Service' },
] as const;

const text = (name: ReleaseName): string => `${name.namespace}/${name.name}`;

/** Local copies, kept up to date by watches. Dispose it: the watches end. */
export class World implements AsyncDisposable {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly #hub: WatchHub;
  readonly #ending = new AbortController();
  readonly #close: () => Promise<void>;
  readonly #pods: ObjectStore<KubeObject>;
  readonly #records: ObjectStore<KubeObject>;
  #resources: ObjectStore<SeenResource> | undefined;

  private constructor(opened: Awaited<ReturnType<typeof openClient>>) {
    this.client = opened.client;
    this.#close = opened.close;
    this.discovery = new Discovery(opened.client);
    this.#hub = new WatchHub({ client: opened.client, signal: this.#ending.signal });
    const metadata = { isMetadataOnly: true, strip: withoutManagedFields } as const;
    const pods = { ...metadata, resource: CoreResources.pods, fieldSelector: 'status.phase=Running' };
    this.#pods = this.#hub.follow(pods).store;
    const records = { ...metadata, resource: CoreResources.secrets, labelSelector: 'owner=helm' };
    this.#records = this.#hub.follow(records).store;
  }

  static async open(kubeconfig: string): Promise<World> {
    return new World(await openClient({ kubeconfig, homeDir: '/nonexistent', userAgent: benchAgent }));
  }

  /** Follows the watched resources too. */
  async followResources(resource: Resource): Promise<void> {
    const following = this.#hub.follow<SeenResource>({ resource, strip: toSeen });
    this.#resources = following.store;
    await following.synced;
  }

  /** Uids of the pods of a site that run. */
  runningPods(site: Site): ReadonlySet<string> {
    return new Set(this.#of(site, this.#pods).map(({ metadata }) => metadata.uid));
  }

  /** Releases of a site without all their pods. */
  withoutPods(site: Site): readonly string[] {
    const running = new Set(this.#of(site, this.#pods).map(podKey));
    return site.releases.flatMap((release) =>
      components
        .filter((component) => !running.has(`${text(release)} ${component}`))
        .map((component) => `pod ${component} of ${text(release)}`),
    );
  }

  /** Releases whose application does not run in a new pod yet, or in an old one still. */
  withOldPods(site: Site, old: ReadonlySet<string>): readonly string[] {
    const apps = this.#of(site, this.#pods).filter(({ metadata }) => metadata.labels?.[componentLabel] === 'app');
    const replaced = new Set(apps.filter(({ metadata }) => !old.has(metadata.uid)).map(podKey));
    return [
      ...apps.filter(({ metadata }) => old.has(metadata.uid)).map((pod) => `the end of the old ${podKey(pod)}`),
      ...site.releases.filter((each) => !replaced.has(`${text(each)} app`)).map((each) => `new pod of ${text(each)}`),
    ];
  }

  /** Releases that are not deployed in this revision. */
  withoutRevision(site: Site, revision: number): readonly string[] {
    const deployed = new Set(
      this.#of(site, this.#records)
        .filter(({ metadata: { labels } }) => labels?.version === String(revision) && labels.status === 'deployed')
        .map(({ metadata: { namespace = '', labels } }) => text({ namespace, name: labels?.name ?? '' })),
    );
    return site.releases
      .filter((each) => !deployed.has(text(each)))
      .map((each) => `revision ${revision} of ${text(each)}`);
  }

  /** Resources without this condition, or with one that is about an older spec. */
  withoutCondition(site: Site, type: string): readonly string[] {
    const met = new Set(
      this.#of(site, this.#resources)
        .filter(({ conditions, observedGeneration, metadata }) => {
          const isCurrent = observedGeneration === undefined || observedGeneration === metadata.generation;
          return isCurrent && conditions.some((each) => each.type === type && each.status === 'True');
        })
        .map(({ metadata: { namespace = '', name } }) => text({ namespace, name })),
    );
    return site.releases.filter((each) => !met.has(text(each))).map((each) => `${type} of ${text(each)}`);
  }

  /** What is there of a site: first by the local copies, and once these are empty by asking. */
  async leftOf(site: Site): Promise<readonly string[]> {
    const known = [
      ...this.#of(site, this.#resources).map((each) => `resource ${keyOf(each)}`),
      ...this.#of(site, this.#records).map((each) => `record ${keyOf(each)}`),
      ...this.#of(site, this.#pods).map((each) => `pod ${keyOf(each)}`),
    ];
    if (known.length > 0) return known;
    const lists = await Promise.all(
      kinds.map(async (gvk) => {
        const list = await this.client.list(await this.discovery.resolve(gvk), { isMetadataOnly: true, pageSize: 0 });
        return inSite(site, list.items).map((each) => `${gvk.kind} ${keyOf(each)}`);
      }),
    );
    return lists.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#hub.stopped();
    await this.#close();
  }

  #of<T extends KubeObject>(site: Site, store: ObjectStore<T> | undefined): readonly T[] {
    return store === undefined ? [] : inSite(site, [...store.values()]);
  }
}

const componentLabel = 'app.kubernetes.io/component';
const instanceLabel = 'app.kubernetes.io/instance';

function podKey({ metadata: { namespace = '', labels } }: KubeObject): string {
  return `${text({ namespace, name: labels?.[instanceLabel] ?? '' })} ${labels?.[componentLabel]}`;
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return text({ namespace, name });
}

function inSite<T extends KubeObject>(site: Site, objects: readonly T[]): readonly T[] {
  return objects.filter(({ metadata }) => metadata.namespace?.startsWith(site.prefix) === true);
}

function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function toSeen(object: SeenResource): SeenResource {
  const { metadata, status } = withoutManagedFields(object as SentResource);
  return { metadata, conditions: status?.conditions ?? [], observedGeneration: status?.observedGeneration };
}

// What is in a cluster, object by object, so that two instants can be compared.
import pMap from 'p-map';
import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';

/** One object: what it says, without what changes by being looked at or by itself. */
export interface SnapshotObject {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** The type, of a Secret. */
  readonly type: string | undefined;
  readonly isTerminating: boolean;
  /** JSON of the whole object with its uid; no status, no managedFields, no resourceVersion. */
  readonly content: string;
}

/** By `namespace/Kind.group/name`, `-` for cluster-scoped ones. */
export type ClusterSnapshot = ReadonlyMap<string, SnapshotObject>;

/** What happens by itself: heartbeats, events, what a controller writes in every namespace. */
const unsteadyKinds = new Set([
  'Event',
  'Lease',
  'Node',
  'Pod',
  'PersistentVolume',
  'ControllerRevision',
  'EndpointSlice',
  'Endpoints',
]);
const unsteadyNames = new Set([
  'ConfigMap/kube-root-ca.crt',
  'ServiceAccount/default',
  'Lease/bookstore-operator-purge',
]);

interface ServedKind {
  readonly path: string;
  readonly group: string;
  readonly kind: string;
}

interface Discovered {
  readonly metadata?: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind: { readonly kind: string };
      readonly verbs: readonly string[];
    }[];
  }[];
}

interface Wire {
  readonly type?: string;
  readonly status?: unknown;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly resourceVersion?: string;
    readonly managedFields?: unknown;
    readonly generation?: number;
    readonly [field: string]: unknown;
  };
}

/** Every steady object of every kind that can be listed and deleted and that `isOfInterest`. */
export async function snapshotCluster(
  client: KubeClient,
  isOfInterest: (object: SnapshotObject) => boolean = () => true,
): Promise<ClusterSnapshot> {
  const kinds = await servedKinds(client);
  const lists = await pMap(
    kinds,
    async (served) => {
      const items = await listed(client, served);
      return items.map((object) => [keyOf(served, object), snapshotObject(served.kind, object)] as const);
    },
    { concurrency: 8 },
  );
  const steady = lists.flat().filter(([, { kind, name }]) => !unsteadyNames.has(`${kind}/${name}`));
  return new Map(steady.filter(([, object]) => isOfInterest(object)));
}

/** By aggregated discovery, each in its preferred version. */
async function servedKinds(client: KubeClient): Promise<readonly ServedKind[]> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const roots = await Promise.all(
    ['/api', '/apis'].map((path) =>
      client.raw<{ readonly items: readonly Discovered[] }>({ method: 'GET', path, accept, what: `discover ${path}` }),
    ),
  );
  return roots
    .flatMap(({ items }) => items)
    .flatMap(({ metadata, versions: [preferred] }) => {
      const group = metadata?.name ?? '';
      const root = group === '' ? '/api' : `/apis/${group}`;
      return (preferred?.resources ?? [])
        .filter(
          ({ verbs, responseKind }) =>
            verbs.includes('delete') && verbs.includes('list') && !unsteadyKinds.has(responseKind.kind),
        )
        .map(({ resource, responseKind }) => ({
          path: `${root}/${preferred?.version}/${resource}`,
          group,
          kind: responseKind.kind,
        }));
    });
}

/** A kind may have gone since, with the test that made it. */
async function listed(client: KubeClient, { path, kind }: ServedKind): Promise<readonly Wire[]> {
  try {
    return (await client.raw<{ readonly items: readonly Wire[] }>({ method: 'GET', path, what: `list ${kind}` })).items;
  } catch (error) {
    if (isApiError(error, 'API_NOT_FOUND')) return [];
    throw error;
  }
}

/** The differences. */
export interface SnapshotDifference {
  readonly gone: readonly string[];
  /** Among them those whose uid is another. */
  readonly changed: readonly string[];
  readonly added: readonly string[];
}

/** What became of `before`. Sorted. */
export function compareSnapshots(before: ClusterSnapshot, after: ClusterSnapshot): SnapshotDifference {
  const keys = [...before.keys()];
  return {
    gone: keys.filter((key) => !after.has(key)).sort(),
    changed: keys.filter((key) => after.has(key) && after.get(key)?.content !== before.get(key)?.content).sort(),
    added: [...after.keys()].filter((key) => !before.has(key)).sort(),
  };
}

function keyOf({ group, kind }: ServedKind, { metadata }: Wire): string {
  return `${metadata.namespace ?? '-'}/${group === '' ? kind : `${kind}.${group}`}/${metadata.name}`;
}

function snapshotObject(kind: string, object: Wire): SnapshotObject {
  const { status: _status, ...rest } = object;
  const { resourceVersion: _version, managedFields: _fields, generation: _generation, ...metadata } = rest.metadata;
  return {
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    type: object.type,
    isTerminating: metadata.deletionTimestamp !== undefined,
    content: JSON.stringify({ ...rest, metadata }),
  };
}

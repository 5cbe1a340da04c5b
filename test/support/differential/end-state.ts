// What an uninstall has left of a release, so that two of them can be compared: names of namespaces and times apart.
import pMap from 'p-map';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { ReleaseLab } from '../release-lab.ts';
import { jsonOf } from '../release-lab.ts';

/** One release of two that are equal. */
export interface Place {
  readonly namespace: string;
  /** Another one, in which the release has objects too. */
  readonly elsewhere: string;
  readonly name: string;
}

/** What is left of it. */
export interface EndState {
  /** `ConfigMap a`, `record 2 uninstalling`; `(going)` behind what is being deleted. Sorted. */
  readonly left: readonly string[];
  /** Each of them whole, as far as an uninstall could change it. */
  readonly content: readonly unknown[];
}

interface Wire {
  readonly kind: string;
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
}

/** Kinds that are looked for, by group. */
const namespaced: Readonly<Record<string, readonly string[]>> = {
  '': [
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Service',
    'Pod',
    'PersistentVolumeClaim',
    'ResourceQuota',
    'LimitRange',
  ],
  apps: ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'],
  autoscaling: ['HorizontalPodAutoscaler'],
  batch: ['Job', 'CronJob'],
  'networking.k8s.io': ['Ingress', 'NetworkPolicy'],
  policy: ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io': ['Role', 'RoleBinding'],
};
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['StorageClass'],
};
const shared = { '': ['ConfigMap', 'Secret'] };

/** Looks at everything whose name begins with the release's, and at its records. `kinds` by group: custom ones. */
export async function endStateOf(
  lab: ReleaseLab,
  place: Place,
  kinds: Readonly<Record<string, readonly string[]>> = {},
): Promise<EndState> {
  const { namespace, elsewhere, name } = place;
  const list = async (of: Readonly<Record<string, readonly string[]>>, where: { readonly namespace?: string }) => {
    const types = Object.entries(of).flatMap(([group, names]) => names.map((kind) => ({ group, kind })));
    const lists = await pMap(types, (type) => listKind(lab, type, where), { concurrency: 8 });
    return lists.flat();
  };
  const listed = await Promise.all([
    list({ ...namespaced, ...kinds }, { namespace }),
    list(shared, { namespace: elsewhere }),
    list(clusterScoped, {}),
  ]);
  const isOfRelease = ({ metadata }: Wire): boolean =>
    metadata.name.startsWith(`${name}-`) ||
    metadata.name.startsWith(`sh.helm.release.v1.${name}.`) ||
    metadata.name.includes(`${namespace}-${name}`);
  const plain = (text: string): string => text.replaceAll(elsewhere, 'ELSEWHERE').replaceAll(namespace, 'NAMESPACE');
  const found = listed
    .flat()
    .filter(isOfRelease)
    .map((object) => {
      const state = object.type === 'helm.sh/release.v1' ? recordState(object) : objectState(object);
      return {
        line: plain(state.line).replace(`${name}-`, ''),
        content: JSON.parse(plain(JSON.stringify(state.content))) as unknown,
      };
    })
    .sort((a, b) => (a.line < b.line ? -1 : 1));
  return { left: found.map(({ line }) => line), content: found.map(({ content }) => content) };
}

async function listKind(
  { client, discovery }: ReleaseLab,
  type: { readonly group: string; readonly kind: string },
  where: { readonly namespace?: string },
): Promise<readonly Wire[]> {
  const resource = await discovery.findPreferred(type);
  if (resource === undefined) return [];
  const { items } = await client.list<Omit<Wire, 'kind'> & KubeObject>(resource, where);
  return items.map((item) => ({ ...item, kind: type.kind })); // in a list it stands once
}

function objectState({ kind, metadata }: Wire) {
  const { name, namespace, labels, finalizers, deletionTimestamp } = metadata;
  // a controller notes what it does when it gets to it, whoever uninstalls
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !/(^|\.)kubernetes\.io\//.test(key)),
  );
  const isGoing = deletionTimestamp !== undefined;
  const line = `${kind} ${name}${isGoing ? ' (going)' : ''}`;
  return { line, content: { kind, name, namespace, labels, annotations, finalizers, isGoing } };
}

/** helm drops the label `createdAt` where it writes a record again, and its annotations; native leaves them (docs/uninstall.md). */
function recordState(secret: Wire) {
  const { createdAt: _created, modifiedAt, ...labels } = secret.metadata.labels ?? {};
  // each of the two was installed from a chart of its own
  const parsed: unknown = JSON.parse(jsonOf(secret), (key, value: unknown) => (key === 'modtime' ? 'TIME' : value));
  const record = parsed as { readonly info: Readonly<Record<string, unknown>> };
  const info = Object.fromEntries(
    Object.entries(record.info).flatMap(([key, value]) => {
      const isTime = ['first_deployed', 'last_deployed', 'deleted'].includes(key);
      if (!isTime) return [[key, value]];
      return value === '' ? [] : [[key, 'TIME']];
    }),
  );
  const line = `record ${labels.version} ${labels.status}`;
  return { line, content: { labels, wasModified: modifiedAt !== undefined, record: { ...record, info } } };
}

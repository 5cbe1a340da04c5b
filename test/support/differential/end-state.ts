// What an uninstall has left of a release, so that two of them can be compared: names of namespaces and times apart.
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

const namespaced =
  'configmaps,secrets,serviceaccounts,services,deployments,replicasets,pods,statefulsets,daemonsets,jobs,cronjobs,persistentvolumeclaims,roles,rolebindings,poddisruptionbudgets,ingresses,networkpolicies,resourcequotas,limitranges,horizontalpodautoscalers';
const clusterScoped = 'clusterroles,clusterrolebindings,priorityclasses,storageclasses,customresourcedefinitions';

/** Looks at everything whose name begins with the release's, and at its records. */
export async function endStateOf(lab: ReleaseLab, place: Place, kinds: readonly string[] = []): Promise<EndState> {
  const { namespace, elsewhere, name } = place;
  const list = async (...args: readonly string[]): Promise<readonly Wire[]> =>
    (JSON.parse(await lab.kubectl('get', ...args, '-o', 'json')) as { readonly items: readonly Wire[] }).items;
  const all = [namespaced, ...kinds].join(',');
  const listed = await Promise.all([
    list(all, '-n', namespace),
    list('configmaps,secrets', '-n', elsewhere),
    list(clusterScoped),
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

function objectState({ kind, metadata }: Wire) {
  const { name, namespace, labels, annotations, finalizers, deletionTimestamp } = metadata;
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

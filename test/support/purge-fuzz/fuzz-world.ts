// A random corner of a cluster as data: what the oracle reads, what is written into the cluster, what is printed on failure.
import type { Soak } from '../soak.ts';

/** Where the numbers come from. */
export type Dice = Pick<Soak, 'random' | 'between' | 'pick'>;

/** How a record is not what helm would have written; what a lie is about says something else inside than outside. */
export type Flaw =
  | 'name'
  | 'namespace'
  | 'revision'
  | 'status'
  | 'garbage'
  | 'cut'
  | 'bomb'
  | 'no-data'
  | 'type'
  | 'secret-name';

/** A stored revision. */
export interface FuzzRecord {
  readonly revision: number;
  readonly status: string;
  /** Minutes; null: nobody wrote it down. */
  readonly ageMinutes: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly flaw?: Flaw;
}

/** An object of the manifest, and what is live of it. */
export interface FuzzObject {
  readonly kind: 'ConfigMap' | 'PersistentVolumeClaim' | 'ClusterRole';
  readonly name: string;
  /** Default the release's. */
  readonly isElsewhere?: boolean;
  /** `helm.sh/resource-policy`. */
  readonly policy?: 'keep' | 'retain';
  /** Whose marks the live one carries; `gone`: there is none. */
  readonly live: 'own' | 'none' | 'other' | 'gone';
  readonly isFlux?: boolean;
  readonly hasOwner?: boolean;
  readonly hasFinalizer?: boolean;
}

/** A release. */
export interface FuzzRelease {
  readonly namespace: string;
  readonly name: string;
  /** The latest last. */
  readonly records: readonly FuzzRecord[];
  readonly objects: readonly FuzzObject[];
  readonly hooks: readonly string[];
}

/** A namespace; `default` is the cluster's own. */
export interface FuzzNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A policy's spec as it stands in a file. */
export interface FuzzPolicy {
  readonly namespaceSelector: {
    readonly matchLabels: Readonly<Record<string, string>>;
    readonly matchExpressions: readonly {
      key: string;
      operator: 'In' | 'NotIn' | 'Exists';
      values?: readonly string[];
    }[];
  };
  readonly exclude: readonly string[];
  readonly minAge: '0s' | '2h' | '48h';
  readonly foreignReleases: 'Skip' | 'Purge';
  readonly volumes: 'Keep' | 'Delete';
  readonly serviceAccount?: 'purger';
  readonly allowedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly limits: Readonly<Record<string, number>>;
  readonly concurrency: number;
}

/** All of it. */
export interface FuzzWorld {
  /** Of the round: names begin with it. */
  readonly id: string;
  readonly namespaces: readonly FuzzNamespace[];
  readonly releases: readonly FuzzRelease[];
  readonly policy: FuzzPolicy;
}

/** Throws the dice for a whole world. */
export function randomWorld(id: string, dice: Dice): FuzzWorld {
  const usual = Array.from({ length: dice.between(3, 6) }, (_, index) =>
    randomNamespace(`${id}-${index}`, { id, dice }),
  );
  const isBold = dice.random() < 0.2;
  const namespaces = isBold
    ? [...usual, { name: 'default', labels: { fuzz: id, tier: 'dev' }, annotations: {} }]
    : usual;
  const releases = namespaces.flatMap(({ name }) => {
    const names = shuffled(['shop', 'api', 'web-db', 'cache', 'bookstore-operator', `long-${'x'.repeat(55)}`], dice);
    const some = names.slice(0, name === 'default' ? 1 : dice.between(1, 5));
    return some.map((release) => randomRelease({ namespace: name, name: release, id, dice }));
  });
  return { id, namespaces, releases, policy: randomPolicy(id, dice) };
}

function randomNamespace(name: string, { id, dice }: { readonly id: string; readonly dice: Dice }): FuzzNamespace {
  const isIn = dice.random() < 0.9;
  const tier = dice.pick(['dev', 'dev', 'test', 'prod']);
  return { name, labels: { ...(isIn ? { fuzz: id } : {}), tier }, annotations: optOuts(dice, ['shop', 'api']) };
}

const days = (count: number): string => new Date(Date.now() + count * 86_400_000).toISOString();

function optOuts(dice: Dice, releases: readonly string[]): Readonly<Record<string, string>> {
  if (dice.random() < 0.75) return { team: 'blue' };
  const keys = ['purge.velotio.com/keep', 'purge.velotio.com/keep-until', 'purge.velotio.com/Keep-Until'] as const;
  const key = dice.pick([
    ...keys,
    ...releases.map((name) => `keep.purge.velotio.com/${name}`),
    'purge.velotio.com/note',
  ]);
  return { [key]: dice.pick(['true', 'false', 'maybe', days(2), days(-2), days(90)]) };
}

function randomRelease(at: { namespace: string; name: string; id: string; dice: Dice }): FuzzRelease {
  const { namespace, name, id, dice } = at;
  const count = dice.pick([1, 1, 1, 2, 3]);
  const first = dice.between(1, 4);
  const records = Array.from({ length: count }, (_, index) =>
    randomRecord(dice, { revision: first + index, isLatest: index === count - 1 }),
  );
  const objects = Array.from({ length: dice.pick([0, 1, 1, 2, 3]) }, (_, index) =>
    randomObject(`${name}-${index}`, { id, dice, namespace }),
  );
  const hooks = dice.random() < 0.15 ? [dice.pick(['test', 'post-install', 'pre-delete', 'post-delete'])] : [];
  return { namespace, name, records, objects, hooks };
}

const flaws = [
  'name',
  'namespace',
  'revision',
  'status',
  'garbage',
  'cut',
  'bomb',
  'no-data',
  'type',
  'secret-name',
] as const;

function randomRecord(dice: Dice, at: { readonly revision: number; readonly isLatest: boolean }): FuzzRecord {
  const states = ['deployed', 'deployed', 'deployed', 'failed', 'pending-install', 'pending-upgrade'] as const;
  const others = ['uninstalling', 'uninstalled', 'superseded'] as const;
  const rare = dice.random() < 0.08;
  const mark = dice.pick(['helm.velotio.com/owner', 'helm.toolkit.fluxcd.io/name', 'team', 'helm.velotio.com/digest']);
  return {
    revision: at.revision,
    status: at.isLatest ? dice.pick([...states, ...others]) : 'superseded',
    ageMinutes: dice.random() < 0.06 ? null : dice.pick([5, 60, 180, 1_440, 4_320, 30_000]),
    labels: rare ? { [mark]: 'x' } : {},
    annotations: dice.random() < 0.85 ? {} : optOuts(dice, []),
    ...(dice.random() < 0.06 ? { flaw: dice.pick([...flaws]) } : {}),
  };
}

function randomObject(
  name: string,
  { id, dice, namespace }: { id: string; dice: Dice; namespace: string },
): FuzzObject {
  const kind = dice.pick<FuzzObject['kind']>([
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'PersistentVolumeClaim',
    'ClusterRole',
  ]);
  const chance = (probability: number): boolean => dice.random() < probability;
  const isElsewhere = kind === 'ConfigMap' && chance(0.08);
  const isShared = isElsewhere || kind === 'ClusterRole'; // by the releases of all namespaces
  return {
    kind,
    name: isShared ? `${id}-${namespace}-${name}`.slice(0, 200) : name,
    live: chance(0.2) ? dice.pick(['none', 'other', 'gone']) : 'own',
    ...(isElsewhere ? { isElsewhere } : {}),
    ...(chance(kind === 'PersistentVolumeClaim' ? 0.7 : 0.1) ? { policy: dice.pick(['keep', 'keep', 'retain']) } : {}),
    ...(chance(0.04) ? { isFlux: true } : {}),
    ...(chance(0.04) ? { hasOwner: true } : {}),
    ...(kind === 'ConfigMap' && chance(0.05) ? { hasFinalizer: true } : {}),
  };
}

function randomPolicy(id: string, dice: Dice): FuzzPolicy {
  const expression = dice.pick<FuzzPolicy['namespaceSelector']['matchExpressions'][number]>([
    { key: 'tier', operator: 'In', values: ['dev', 'test'] },
    { key: 'tier', operator: 'NotIn', values: ['prod'] },
    { key: 'tier', operator: 'Exists' },
  ]);
  const cap = dice.pick(['maxReleases', 'maxReleasesPerNamespace', 'maxNamespaces', 'maxPercent']);
  return {
    namespaceSelector: { matchLabels: { fuzz: id }, matchExpressions: dice.random() < 0.5 ? [expression] : [] },
    exclude: ['*-db', 'ap?', '{shop,api}', 'long-*'].filter(() => dice.random() < 0.08),
    minAge: dice.pick(['0s', '0s', '0s', '2h', '48h']),
    foreignReleases: dice.pick(['Skip', 'Skip', 'Purge']),
    volumes: dice.pick(['Keep', 'Delete']),
    ...(dice.random() < 0.5 ? { serviceAccount: 'purger' as const } : {}),
    allowedKinds: dice.random() < 0.5 ? [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }] : [],
    limits: dice.random() < 0.4 ? { [cap]: cap === 'maxPercent' ? dice.pick([10, 30, 60]) : dice.between(1, 3) } : {},
    concurrency: dice.between(1, 8),
  };
}

function shuffled<T>(items: readonly T[], dice: Dice): readonly T[] {
  return items
    .map((item) => ({ item, at: dice.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

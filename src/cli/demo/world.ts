// The developers' namespaces as the demo fills them, and what should become of each release: pure.

/** A release of the demo. */
export interface DemoRelease {
  readonly namespace: string;
  readonly name: string;
  /** Path of the chart in this package. */
  readonly chart: string;
  /** More flags of `helm install`. */
  readonly flags?: string;
  /** What should become of it; `protected` and `not-selected` live. */
  readonly fate: 'purged' | 'protected' | 'not-selected';
}

const bookstore = 'charts/bookstore';
const notebook = 'deploy/demo/charts/notebook';

/** Eight releases of two charts in four developers' namespaces, and one in a namespace that did not opt in. */
export const releases: readonly DemoRelease[] = [
  { namespace: 'dev-alice', name: 'shop', chart: bookstore, fate: 'purged' },
  { namespace: 'dev-alice', name: 'notes', chart: notebook, fate: 'purged' },
  { namespace: 'dev-bob', name: 'shop', chart: bookstore, flags: '--set replicaCount=2', fate: 'purged' },
  { namespace: 'dev-bob', name: 'notes', chart: notebook, fate: 'purged' },
  {
    namespace: 'dev-carol',
    name: 'shop',
    chart: bookstore,
    flags: '--set mongodb.persistence.enabled=true',
    fate: 'purged',
  },
  { namespace: 'dev-carol', name: 'notes', chart: notebook, fate: 'purged' },
  { namespace: 'dev-dave', name: 'shop', chart: bookstore, fate: 'purged' },
  { namespace: 'dev-dave', name: 'notes', chart: notebook, fate: 'protected' },
  { namespace: 'staging', name: 'shop', chart: bookstore, fate: 'not-selected' },
];

/** The release of the BookStore in alice's namespace: it belongs to the operator, and lives. */
export const ownedRelease = 'dev-alice/example-bookstore';

/** `namespace/name` of the releases with one of these fates. */
export function releasesThatAre(...fates: readonly DemoRelease['fate'][]): readonly string[] {
  return releases.filter(({ fate }) => fates.includes(fate)).map(({ namespace, name }) => `${namespace}/${name}`);
}

/** What a developer types. */
export function installLine({ name, chart, namespace, flags }: DemoRelease): string {
  const more = flags === undefined ? '' : ` ${flags}`;
  return `helm install ${name} ${chart} -n ${namespace}${more} --wait --hide-notes | grep STATUS`;
}

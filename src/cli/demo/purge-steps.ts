// The demo's second half: developers' releases, the evening's purge at once, the same one after another.
import { type Expectation, helmRelease, helmRevision, lists, prints, purgeEntry } from './expectation.ts';
import type { Step } from './step.ts';
import { installLine, ownedRelease, releases, releasesThatAre } from './world.ts';

const policy = 'deploy/demo/purge-policy.yaml';
const purged = releasesThatAre('purged');
const kept = [...releasesThatAre('protected'), ownedRelease];
const alive = [...kept, ...releasesThatAre('not-selected')];
const untouched = alive.map((key) => `${key} v1 deployed`);
const aliveDeployments = [
  'dev-alice/example-bookstore',
  'dev-alice/example-bookstore-mongodb',
  'dev-dave/notes',
  'staging/shop-bookstore',
  'staging/shop-bookstore-mongodb',
];

/** A working day: namespaces, releases, a BookStore, and one release that shall stay. */
export const fillNamespaces: readonly Step[] = [
  {
    why: "four developers' namespaces that opt in by a label, and one that does not",
    line: 'kubectl apply -f deploy/demo/namespaces.yaml && kubectl get namespaces -L purge.velotio.com/enabled',
  },
  ...releases.map(
    (release, index): Step => ({
      ...(index === 0 ? { why: 'two releases each, of two charts, and one that nobody selects' } : {}),
      line: installLine(release),
    }),
  ),
  {
    why: "one that belongs to a resource of the operator's",
    line: 'kubectl apply -n dev-alice -f deploy/samples/bookstore.yaml',
  },
  { line: 'kubectl wait -n dev-alice bookstore/example-bookstore --for=condition=Ready --timeout=90s' },
  {
    why: "dave's notes shall live",
    line: 'kubectl annotate namespace dev-dave keep.purge.velotio.com/notes=true',
  },
  {
    why: "at eight o'clock",
    line: 'helm list -A',
    expects: [lists('all releases are there', [...purged, ...alive], { key: helmRelease })],
  },
];

/** What would go, and why the rest stays. */
export const planPurge: readonly Step[] = [
  {
    why: "the operator's namespace, where whoever purges holds a Lease, so that no two purge at the same time",
    line: 'kubectl apply -f deploy/namespace.yaml',
  },
  { why: 'who decides', line: `cat ${policy}` },
  {
    why: 'what would go, and why the rest stays; nothing is changed',
    line: `bookstore-operator purge plan -f ${policy}`,
    expects: [
      lists('the releases nobody keeps are to be purged', purged, {
        key: purgeEntry,
        where: (row) => row.ACTION === 'purge',
      }),
      lists('the protected one and the one of the BookStore are kept', kept, {
        key: purgeEntry,
        where: (row) => row.ACTION === 'keep',
      }),
    ],
  },
];

/** The purge at the policy's pace: this is timed. */
export const purgeAtOnce: Step = {
  why: 'the purge; --yes answers the question that it asks on a terminal',
  line: `bookstore-operator purge run -f ${policy} --yes`,
  expects: purgeReport(),
};

/** The same, one release at a time: this is timed. */
export const purgeSerially: Step = {
  why: 'and the purge again, one after another',
  line: `bookstore-operator purge run -f ${policy} --yes --concurrency 1`,
  expects: purgeReport(),
};

/** What lived. */
export const lookAfterPurge: readonly Step[] = [
  {
    why: 'what lived: protected, owned, not selected',
    line: 'helm list -A',
    expects: [lists('the purged ones are gone, the others are untouched', untouched, { key: helmRevision })],
  },
  {
    line: 'kubectl get deployments -A',
    expects: [
      lists('what ran for the purged ones is gone too', aliveDeployments, {
        key: (row) => `${row.NAMESPACE}/${row.NAME}`,
      }),
    ],
  },
  {
    why: "data outlives the night: carol's shop was installed with a volume",
    line: 'kubectl get pvc -n dev-carol',
    expects: [lists("carol's volume is there", ['shop-bookstore-mongodb'], { key: (row) => row.NAME ?? '' })],
  },
];

/** The next morning: what went comes back. */
export const installAgain: readonly Step[] = releases
  .filter(({ fate }) => fate === 'purged')
  .map(
    (release, index): Step => ({
      ...(index === 0 ? { why: 'the same releases once more' } : {}),
      line: installLine(release),
    }),
  );

/** The same as {@link lookAfterPurge}, shorter. */
export const lookAgain: readonly Step[] = [
  { line: 'helm list -A', expects: [lists('the same is left', untouched, { key: helmRevision })] },
];

function purgeReport(): readonly Expectation[] {
  return [
    lists('all that was planned was purged', purged, {
      key: purgeEntry,
      where: (row) => row.RESULT === 'purged',
    }),
    prints('nothing failed', ' 0 failed, '),
  ];
}

// Policies that are taken, and policies that are refused: the same list for everybody who reads one.

/** A spec, and what it is called in a test. */
export interface PolicyExample {
  readonly title: string;
  readonly spec: unknown;
}

const selector = { matchLabels: { 'purge.velotio.com/enabled': 'true' } };

/** What a spec says besides its selector; titled by itself. */
const fields = (...all: readonly object[]): readonly PolicyExample[] =>
  all.map((field) => ({
    title: JSON.stringify(field).slice(0, 90),
    spec: { namespaceSelector: selector, ...field },
  }));

const selectors = (...all: readonly unknown[]): readonly PolicyExample[] =>
  all.map((namespaceSelector) => ({
    title: `selector ${JSON.stringify(namespaceSelector).slice(0, 90)}`,
    spec: { namespaceSelector },
  }));

const expressions = (...matchExpressions: readonly object[]): object => ({ matchExpressions });
const many = (length: number, make: (index: number) => string): readonly string[] =>
  Array.from({ length }, (_, at) => make(at));
const labels = (length: number): object => ({
  matchLabels: Object.fromEntries(many(length, (at) => `l${at}`).map((key) => [key, 'x'])),
});

/** Every reader takes these. */
export const goodPolicies: readonly PolicyExample[] = [
  ...fields(
    {},
    { schedule: '0 20 * * 1-5', timeZone: 'Europe/Berlin', wakeSchedule: '0 7 * * MON-FRI' },
    { timeZone: 'Etc/GMT+1' },
    { timeZone: 'UTC' },
    { timeZone: 'America/Argentina/Buenos_Aires' },
    { startingDeadlineSeconds: 0, successfulRunsHistoryLimit: 0, failedRunsHistoryLimit: 0 },
    { startingDeadlineSeconds: Number.MAX_SAFE_INTEGER },
    { concurrencyPolicy: 'Forbid', suspend: true, mode: 'Enforce' },
    { mode: 'DryRun' },
    { exclude: ['*-db', 'keep-me', '{a,b}-?', 'v1.2'] },
    { exclude: [] },
    { minAge: '0s' },
    { minAge: '0' },
    { minAge: '1h30m' },
    { minAge: '+1.5h' },
    { minAge: '250ms' },
    { notice: '30m', releaseTimeout: '1s', deadline: '1000ms', undo: { retention: '168h' } },
    { ownedReleases: 'Sleep', foreignReleases: 'Purge', volumes: 'Delete' },
    { serviceAccount: 'purger' },
    {
      allowedKinds: [
        { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
        { group: '', kind: 'Namespace' },
      ],
    },
    { limits: {} },
    {
      limits: {
        maxReleases: 1,
        maxReleasesPerNamespace: 1,
        maxNamespaces: 1,
        maxPercent: 100,
        maxConsecutiveFailures: 1,
      },
    },
    { concurrency: 64, perNamespace: 1 },
    { undo: {}, calendar: {} },
    { calendar: { holidays: ['2026-12-25', '2028-02-29'] } },
    { exclude: many(1000, (at) => `r${at}`) },
  ),
  ...selectors(
    { matchLabels: { team: '' } },
    { matchLabels: { team: 'a', 'kubernetes.io/metadata.name': 'x' } },
    { matchLabels: { 'notkubernetes.io/a': 'x' } },
    expressions({ key: 'team', operator: 'In', values: ['a', 'b'] }),
    expressions({ key: 'team', operator: 'In', values: ['a'] }, { key: 'x', operator: 'DoesNotExist' }),
    expressions({ key: 'team', operator: 'In', values: ['a'] }, { key: 'x', operator: 'Exists', values: [] }),
    {
      matchLabels: { 'kubernetes.io/metadata.name': 'x' },
      ...expressions({ key: 'a', operator: 'In', values: ['b'] }),
    },
    { matchLabels: {}, ...expressions({ key: 'a', operator: 'In', values: ['b'] }) },
    labels(32),
  ),
];

/** Every reader refuses these. */
export const badPolicies: readonly PolicyExample[] = [
  { title: 'an empty spec', spec: {} },
  { title: 'a spec that is a text', spec: 'x' },
  { title: 'no selector', spec: { mode: 'DryRun' } },
  ...fields(
    { shedule: '0 20 * * *' },
    { schedule: '' },
    { schedule: 5 },
    { schedule: `0 20 * * ${'1,'.repeat(600)}1` },
    { timeZone: 'Mars/Olympus' },
    { timeZone: 'Local' },
    { timeZone: '' },
    { timeZone: '+01:00' },
    { timeZone: '../etc/passwd' },
    { timeZone: 'right/Europe/Berlin' },
    { startingDeadlineSeconds: -1 },
    { startingDeadlineSeconds: 2 ** 53 },
    { successfulRunsHistoryLimit: -1 },
    { failedRunsHistoryLimit: '1' },
    { concurrencyPolicy: 'Allow' },
    { suspend: 'true' },
    { mode: 'enforce' },
    { exclude: 'x' },
    { exclude: [1] },
    { exclude: ['('] },
    { exclude: ['[o'] },
    { exclude: ['!shop'] },
    { exclude: ['Shop'] },
    { exclude: ['{a}'] },
    { exclude: [''] },
    { exclude: ['a\nb'] },
    { exclude: ['a'.repeat(254)] },
    { exclude: many(1001, (at) => `r${at}`) },
    { minAge: 5 },
    { minAge: '5' },
    { minAge: '5 minutes' },
    { minAge: '1d' },
    { minAge: '' },
    { minAge: '-1h' },
    { minAge: '-0s' },
    { minAge: '9999999h' },
    { minAge: `${'1h'.repeat(33)}` },
    { releaseTimeout: '0s' },
    { releaseTimeout: '999ms' },
    { deadline: '-5m' },
    { undo: { retention: '0s' } },
    { undo: { retain: '1h' } },
    { notice: 'soon' },
    { ownedReleases: 'Wake' },
    { foreignReleases: 'Delete' },
    { volumes: 'keep' },
    { serviceAccount: 'a b' },
    { serviceAccount: '' },
    { serviceAccount: 'system:masters' },
    { serviceAccount: 'a'.repeat(64) },
    { allowedKinds: [{ kind: 'ClusterRole' }] },
    { allowedKinds: [{ group: 'rbac.authorization.k8s.io', kind: '' }] },
    { allowedKinds: [{ group: '*', kind: '*' }] },
    { allowedKinds: [{ group: '', kind: 'Namespace', version: 'v1' }] },
    { limits: [1] },
    { limits: { maxReleases: 0 } },
    { limits: { maxReleases: 1.5 } },
    { limits: { maxReleasesPerNamespace: 0 } },
    { limits: { maxNamespaces: -1 } },
    { limits: { maxPercent: 0 } },
    { limits: { maxPercent: 101 } },
    { limits: { maxConsecutiveFailures: 0 } },
    { limits: { maxRelease: 1 } },
    { concurrency: 0 },
    { concurrency: 65 },
    { perNamespace: 0 },
    { perNamespace: 65 },
    { wakeSchedule: '' },
    { calendar: { holidays: ['2026-02-30'] } },
    { calendar: { holidays: ['2026-2-3'] } },
    { calendar: { holidays: ['25.12.2026'] } },
    { calendar: { holidays: ['2026-12-25T00:00:00Z'] } },
  ),
  ...selectors(
    {},
    null,
    { matchLabels: {}, matchExpressions: [] },
    { matchNames: ['a'] },
    { matchLabels: { team: true } },
    { matchLabels: { team: null } },
    { matchLabels: { a: 'b,c' } },
    { matchLabels: { '!a': 'b' } },
    { matchLabels: { 'a/b/c': 'd' } },
    { matchLabels: { a: 'x'.repeat(64) } },
    { matchLabels: { 'kubernetes.io/metadata.name': 'x' } },
    { matchLabels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    { matchLabels: { 'topology.k8s.io/zone': 'a' } },
    expressions({ key: 'a', operator: 'DoesNotExist' }),
    expressions({ key: 'a', operator: 'NotIn', values: ['b'] }),
    expressions({ key: 'a', operator: 'Exists' }),
    expressions({ key: 'a', operator: 'In' }),
    expressions({ key: 'a', operator: 'In', values: [] }),
    expressions({ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['a'] }),
    expressions({ key: 'a', operator: 'In', values: ['b'] }, { key: 'c', operator: 'NotIn' }),
    expressions({ key: 'a', operator: 'In', values: ['b'] }, { key: 'c', operator: 'Exists', values: ['d'] }),
    expressions({ key: 'a', operator: 'In', values: ['b'] }, { key: 'c', operator: 'Matches', values: ['d'] }),
    expressions({ key: 'a', operator: 'In', values: ['b c'] }),
    expressions({ key: 'a b', operator: 'In', values: ['b'] }),
    expressions({ operator: 'In', values: ['b'] }),
    labels(33),
    expressions({ key: 'a', operator: 'In', values: many(257, (at) => `v${at}`) }),
  ),
];

/**
 * The API server takes these, and the program refuses them: what a schedule may say is more than a schema can, and a field that is
 * null the server leaves out, while in a file it may be one that somebody forgot to fill in.
 */
export const refusedByTheProgramAlone: readonly PolicyExample[] = fields(
  { schedule: '@daily' },
  { schedule: '0 0 20 * * *' },
  { schedule: '0 25 * * *' },
  { wakeSchedule: 'at seven' },
  { suspend: null },
);

/** The program takes these from a file, the API server does not: its zones are spelt exactly. */
export const refusedByTheServerAlone: readonly PolicyExample[] = fields({ timeZone: 'europe/berlin' });

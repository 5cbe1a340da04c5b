import { describe, expect, it } from 'vitest';
import { parsePolicy, readPolicyFile } from '../../../../src/purge/policy/policy-file.ts';
import { settingsOf } from '../../../../src/purge/policy/settings.ts';

const head = 'apiVersion: velotio.com/v1alpha1\nkind: PurgePolicy\nmetadata: {name: nightly}\n';
const selector = '  namespaceSelector: {matchLabels: {purge.velotio.com/enabled: "true"}}\n';
const withSpec = (spec: string): string => `${head}spec:\n${selector}${spec}`;

function problemsOf(content: string): string {
  try {
    parsePolicy(content, 'policy.yaml');
  } catch (error) {
    expect(error).toMatchObject({
      code: 'POLICY_INVALID',
      isTerminal: true,
      remedy: expect.stringContaining('docs/purge.md'),
    });
    return (error as Error).message;
  }
  return '';
}

describe('parsePolicy', () => {
  it('reads every field', () => {
    const policy = parsePolicy(
      withSpec(`  schedule: "0 20 * * 1-5"
  timeZone: Europe/Berlin
  startingDeadlineSeconds: 7200
  concurrencyPolicy: Forbid
  successfulRunsHistoryLimit: 3
  failedRunsHistoryLimit: 1
  suspend: false
  mode: Enforce
  exclude: ["*-db", keep-me]
  minAge: 1h30m
  ownedReleases: Skip
  foreignReleases: Purge
  volumes: Delete
  serviceAccount: purger
  allowedKinds: [{group: rbac.authorization.k8s.io, kind: ClusterRole}, {group: "", kind: Namespace}]
  limits: {maxReleases: 9, maxReleasesPerNamespace: 8, maxNamespaces: 7, maxPercent: 50, maxConsecutiveFailures: 6}
  concurrency: 4
  perNamespace: 1
  releaseTimeout: 90s
  deadline: 20m
  undo: {retention: 168h}
  notice: 30m
  wakeSchedule: "0 7 * * 1-5"
  calendar: {holidays: ["2026-12-25"]}
`),
      'policy.yaml',
    );
    expect(settingsOf(policy)).toMatchObject({
      policyName: 'nightly',
      mode: 'Enforce',
      schedule: { expression: '0 20 * * 1-5', timeZone: 'Europe/Berlin', holidays: ['2026-12-25'] },
      minAgeMs: 5_400_000,
      shouldPurgeForeign: true,
      volumes: 'Delete',
      serviceAccount: 'purger',
      limits: {
        maxReleases: 9,
        maxReleasesPerNamespace: 8,
        maxNamespaces: 7,
        maxPercent: 50,
        maxConsecutiveFailures: 6,
      },
      concurrency: 4,
      perNamespace: 1,
      releaseTimeoutMs: 90_000,
      deadlineMs: 1_200_000,
    });
  });

  it('applies the documented defaults', () => {
    const settings = settingsOf(parsePolicy(withSpec(''), 'policy.yaml'));
    expect(settings).toMatchObject({
      isSuspended: false,
      mode: 'DryRun',
      schedule: undefined,
      minAgeMs: 0,
      shouldPurgeForeign: false,
      volumes: 'Keep',
      driver: 'auto',
      serviceAccount: undefined,
      allowedKinds: [],
      limits: {
        maxReleases: 500,
        maxReleasesPerNamespace: 50,
        maxNamespaces: 100,
        maxPercent: undefined,
        maxConsecutiveFailures: 10,
      },
      concurrency: undefined,
      perNamespace: 2,
      releaseTimeoutMs: 300_000,
      deadlineMs: 3_600_000,
      notices: [],
    });
  });

  it('reads what kubectl get -o yaml prints', () => {
    const printed = `${head.replace('{name: nightly}', '{name: nightly, uid: a, resourceVersion: "7", generation: 2, creationTimestamp: "2026-01-01T00:00:00Z"}')}spec:\n${selector}status: {phase: x}\n`;
    expect(parsePolicy(printed, 'policy.yaml').metadata.name).toBe('nightly');
  });

  it('tells every mistake at once, each at its place', () => {
    const content = `apiVersion: velotio.com/v1
kind: PurgePolicie
metadata: {}
spec:
  shedule: "0 20 * * *"
  timeZone: Mars/Olympus
  namespaceSelector: {matchLabels: {team: true}}
  limits: {maxPercent: 101}
  mode: enforce
  deadline: -1h
`;
    expect(
      problemsOf(content)
        .split('\n')
        .map((line) => line.slice(0, 78)),
    ).toMatchInlineSnapshot(`
      [
        "policy.yaml is not a policy that can be used:",
        "policy.yaml:1:13: apiVersion: expected velotio.com/v1alpha1, found "velotio.co",
        "policy.yaml:2:7: kind: expected PurgePolicy, found "PurgePolicie"; did you mea",
        "policy.yaml:3:11: metadata: "name" is missing",
        "policy.yaml:5:3: spec.shedule: no such field; did you mean schedule? (known: s",
        "policy.yaml:6:13: spec.timeZone: "Mars/Olympus" is not a time zone of the IANA",
        "policy.yaml:7:43: spec.namespaceSelector.matchLabels.team: expected a label va",
        "policy.yaml:8:24: spec.limits.maxPercent: expected a whole number from 1 to 10",
        "policy.yaml:9:9: spec.mode: expected DryRun or Enforce, found "enforce"; did y",
        "policy.yaml:10:13: spec.deadline: "-1h" is negative",
      ]
    `);
  });

  it.each([
    ['an empty selector', 'namespaceSelector: {}', 'it is empty and would match every namespace'],
    ['no terms', 'namespaceSelector: {matchLabels: {}, matchExpressions: []}', 'it is empty'],
    [
      'a negative term alone',
      'namespaceSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}',
      'must not be',
    ],
    ['NotIn alone', 'namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}', 'must not be'],
    ['Exists alone', 'namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}', 'a label exists'],
    [
      "Kubernetes' own label",
      'namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}',
      'Kubernetes sets itself',
    ],
    ['pod security', 'namespaceSelector: {matchLabels: {pod-security.kubernetes.io/enforce: baseline}}', 'sets itself'],
    [
      'In without values',
      'namespaceSelector: {matchExpressions: [{key: a, operator: In}]}',
      'In takes at least one value',
    ],
    [
      'Exists with values',
      'namespaceSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}',
      'takes no values',
    ],
    ['a value that would widen it', 'namespaceSelector: {matchLabels: {a: "b,c"}}', 'is not a label value'],
    ['a key that would widen it', 'namespaceSelector: {matchLabels: {"!a": b}}', 'is not a label key'],
    ['a label without a value', 'namespaceSelector: {matchLabels: {team}}', 'team: expected a label value'],
    ['an unquoted true', 'namespaceSelector: {matchLabels: {a: true}}', 'quote true, false and numbers'],
    ['no selector', 'mode: DryRun', '"namespaceSelector" is missing'],
  ])('refuses %s', (_name, field, expected) => {
    expect(problemsOf(`${head}spec:\n  ${field}\n`)).toContain(expected);
  });

  it.each([
    ['schedule: "@daily"', '@daily'],
    ['schedule: "0 0 20 * * *"', '6 field'],
    ['timeZone: Local', 'IANA'],
    ['timeZone: "+01:00"', 'IANA'],
    ['minAge: 5', 'expected a duration'],
    ['minAge: 5 minutes', 'is not a duration'],
    ['releaseTimeout: 0s', 'less than a second'],
    ['concurrency: 0', 'from 1 to 64'],
    ['concurrency: 1.5', 'from 1 to 64'],
    ['limits: {maxReleases: 0}', '1 or more'],
    ['limits: [1]', 'expected an object, found a list'],
    ['exclude: ["("]', '"(" matches no release'],
    ['exclude: ["[o"]', 'matches no release'],
    ['exclude: ["!shop"]', 'matches no release'],
    ['exclude: [Shop]', 'matches no release'],
    ['exclude: ["{a}"]', 'matches no release'],
    ['exclude: [""]', 'matches no release'],
    ['limits: {maxReleases}', 'limits.maxReleases: expected a whole number, 1 or more, found nothing'],
    ['exclude: x', 'expected a list, found "x"'],
    ['suspend: "true"', 'expected true or false, found "true"'],
    ['suspend:', 'found nothing'],
    ['volumes: keep', 'did you mean Keep?'],
    ['nameSpaceSelector: {}', 'did you mean namespaceSelector?'],
    ['serviceAccount: "a b"', 'is not the name of a ServiceAccount'],
    ['allowedKinds: [{kind: ClusterRole}]', '"group" is missing'],
    ['calendar: {holidays: ["2026-02-30"]}', 'is not a date'],
    ['concurrencyPolicy: Allow', 'expected Forbid'],
    ['mode: DryRun\n  mode: Enforce', 'Map keys must be unique'],
    ['exclude: *nothing', 'found an alias without an anchor (*nothing)'],
  ])('refuses %s', (field, expected) => {
    expect(problemsOf(withSpec(`  ${field}\n`))).toContain(expected);
  });

  it.each([
    ['', 'the file holds no document'],
    ['# only a comment\n', 'the file holds no document'],
    [`${withSpec('')}---\n${withSpec('')}`, 'policy.yaml:7:1: a second document begins here'],
    ['just text', 'expected an object, found "just text"'],
    ['a: [1\n', 'policy.yaml:2:1'],
  ])('refuses a file that is not one document', (content, expected) => {
    expect(problemsOf(content)).toContain(expected);
  });
});

describe('readPolicyFile', () => {
  it('names a file that is not there', async () => {
    await expect(readPolicyFile('/nowhere/policy.yaml')).rejects.toMatchObject({
      code: 'POLICY_UNREADABLE',
      message: expect.stringContaining('/nowhere/policy.yaml'),
    });
  });
});

describe('settingsOf', () => {
  const policy = (spec: string) => parsePolicy(withSpec(spec), 'policy.yaml');

  it.each(['Sleep', 'Delete'])('refuses ownedReleases: %s, which it cannot do yet', (value) => {
    expect(() => settingsOf(policy(`  ownedReleases: ${value}\n`))).toThrowError(
      expect.objectContaining({ code: 'POLICY_UNSUPPORTED', isTerminal: true }),
    );
  });

  it('says what it leaves out', () => {
    const { notices } = settingsOf(policy('  undo: {retention: 1h}\n  notice: 30m\n  wakeSchedule: "0 7 * * *"\n'));
    expect(notices.map((notice) => notice.split(' ')[0])).toEqual(['notice', 'wakeSchedule']);
  });

  it.each([
    ['*-db', 'shop-db', true],
    ['*-db', 'db', false],
    ['shop', 'shop', true],
    ['shop', 'shop-2', false],
    ['{a,b}-?', 'b-1', true],
    ['*', 'v1.2', true],
  ])('excludes by the glob %s: %s → %s', (glob, name, expected) => {
    expect(settingsOf(policy(`  exclude: ["${glob}"]\n`)).isExcluded(name)).toBe(expected);
  });
});

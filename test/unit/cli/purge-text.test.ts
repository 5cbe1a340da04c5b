import { describe, expect, it } from 'vitest';
import type { PasteOptions } from '../../../src/cli/paste-line.ts';
import {
  outcomeLine,
  planSummary,
  planTable,
  reportSummary,
  reportTable,
  undoLines,
} from '../../../src/cli/purge-text.ts';
import { assemblePlan } from '../../../src/purge/plan/judge.ts';
import type { PlanEntry } from '../../../src/purge/plan/plan.ts';
import { assembleReport, type ReleaseOutcome } from '../../../src/purge/record/report.ts';
import type { LeftObject } from '../../../src/purge/verify/left-object.ts';

const nowMs = Date.parse('2026-11-20T20:00:00Z');
const entry = (key: string, rest: Partial<PlanEntry> = {}): PlanEntry => {
  const [namespace = '', name = ''] = key.split('/');
  return {
    namespace,
    name,
    revision: 3,
    status: 'deployed',
    ageMs: 7 * 3_600_000,
    action: 'purge',
    rule: 'selected',
    reason: 'its namespace is selected and nothing keeps it',
    ...rest,
  };
};
const kept = (rule: PlanEntry['rule'], reason: string) => ({ action: 'keep' as const, rule, reason });
const plan = assemblePlan({
  policy: 'nightly',
  context: 'dev cluster',
  server: 'https://10.0.0.1:6443',
  nowMs,
  selection: {
    selected: [
      { name: 'team-a', uid: '1', annotations: {} },
      { name: 'team-b', uid: '2', annotations: {} },
    ],
    leftOut: [{ name: 'kube-lab', state: 'denied', reason: 'namespaces named kube-* are never purged' }],
  },
  entries: [
    entry('team-b/shop', {
      chart: 'bookstore-0.1.0',
      leaves: ['PersistentVolumeClaim/data'],
      notRestored: ['the ClusterIP of Service/shop'],
    }),
    entry('team-a/api', { chart: 'tiny-0.1.0', status: 'failed', ageMs: 30_000 }),
    entry('team-a/db', kept('exclude', "its name is in the policy's exclude")),
    entry('team-a/odd', { ...kept('keep-record', 'a record carries x: "maybe"'), isDoubtful: true, revision: 0 }),
  ],
  warnings: ['namespace team-a carries keep.purge.velotio.com/apj, but has no release apj; did you mean api?'],
  capsHit: [],
  namespacesOverCap: new Set(),
});
const leftOfShop: LeftObject[] = [
  { kind: 'PersistentVolumeClaim', namespace: 'team-b', name: 'data', why: 'kept', size: '10Gi' },
  { kind: 'PersistentVolumeClaim', namespace: 'team-b', name: 'data-db-0', why: 'volume', size: '512Mi' },
  {
    group: 'test.velotio.com',
    kind: 'Widget',
    namespace: 'team-b',
    name: 'w',
    why: 'finalizer',
    finalizers: ['test.velotio.com/never'],
  },
  { kind: 'ConfigMap', namespace: 'team-b', name: 'odd', why: 'resource-policy', detail: 'delete' },
  { kind: 'PersistentVolumeClaim', namespace: 'team-b', name: 'log-db-*', why: 'unreadable', detail: 'no right' },
];
const outcomes: ReleaseOutcome[] = [
  {
    namespace: 'team-b',
    name: 'shop',
    revision: 3,
    chart: 'bookstore-0.1.0',
    leaves: ['PersistentVolumeClaim/data'],
    result: 'purged',
    durationMs: 140,
  },
  {
    namespace: 'team-b',
    name: 'taken',
    revision: 2,
    result: 'skipped',
    durationMs: 15,
    code: 'OBJECT_OF_ANOTHER_RELEASE',
    reason: 'release team-b/taken is not uninstalled: "ConfigMap/taken" is of release "team-b/heir" now',
    remedy: 'Give the object back.',
  },
  {
    namespace: 'team-a',
    name: 'api',
    revision: 3,
    result: 'failed',
    durationMs: 2_000,
    code: 'HELM_FORBIDDEN',
    message: 'cannot uninstall team-a/api: no',
    remedy: 'Grant the right.',
    record: 'left',
  },
  {
    namespace: 'team-a',
    name: 'web',
    revision: 1,
    result: 'skipped',
    durationMs: 20,
    reason: 'it was touched since the plan',
  },
  { namespace: 'team-a', name: 'zoo', revision: 1, result: 'not-started', reason: 'the run was interrupted' },
];
const report = assembleReport({
  run: 'nightly-20261120200000-0a1b2',
  plan,
  outcomes,
  left: new Map([['team-b/shop', leftOfShop]]),
  driver: 'helm',
  concurrency: 8,
  startedAtMs: nowMs,
  durationMs: 2_345,
  stoppedBy: 'interrupted',
});
const paste = { kubeconfig: undefined, context: 'dev cluster', serviceAccount: undefined };
const golden = (name: string): string => `./golden/${name}.txt`;

describe('what people read', () => {
  it('of a plan', async () => {
    await expect(planTable(plan, { isWide: false })).toMatchFileSnapshot(golden('purge-plan'));
    await expect(planTable(plan, { isWide: true })).toMatchFileSnapshot(golden('purge-plan-wide'));
    await expect(planSummary(plan).join('\n')).toMatchFileSnapshot(golden('purge-plan-summary'));
  });
  it('of a report', async () => {
    await expect(reportTable(report, { isWide: false })).toMatchFileSnapshot(golden('purge-report'));
    await expect(reportSummary(report, paste).join('\n')).toMatchFileSnapshot(golden('purge-report-summary'));
    await expect(outcomes.map(outcomeLine).join('\n')).toMatchFileSnapshot(golden('purge-progress'));
  });
  it('of a run that a cap blocked: what was not started, and why', async () => {
    const reason = '2 releases would go, the policy allows 1 (maxReleases)';
    const capsHit = [{ cap: 'maxReleases' as const, limit: 1, found: 2, reason }];
    const blocked = assembleReport({
      run: 'nightly-20261120200000-0a1b2',
      plan: { ...plan, capsHit },
      outcomes: plan.entries
        .filter(({ action }) => action === 'purge')
        .map(({ namespace, name, revision }) => ({ namespace, name, revision, result: 'not-started', reason })),
      driver: 'helm',
      concurrency: 8,
      startedAtMs: nowMs,
      durationMs: 1,
      stoppedBy: 'cap',
    });
    expect(blocked).toMatchObject({ capsHit, stoppedBy: 'cap', counts: { notStarted: 2, kept: 2 } });
    await expect(reportTable(blocked, { isWide: false })).toMatchFileSnapshot(golden('purge-report-blocked'));
  });

  it('gives a line to paste for the same cluster and the same user, where there is something to uninstall', () => {
    const failed = outcomes.filter(({ result }) => result === 'failed');
    const lines = (rest: object, options: PasteOptions): string[] =>
      reportSummary({ ...report, outcomes: failed.map((one) => ({ ...one, ...rest })) }, options).filter((line) =>
        line.includes('helm uninstall'),
      );
    expect(lines({}, { ...paste, kubeconfig: '/tmp/my config', serviceAccount: 'purger' })).toEqual([
      "  helm uninstall api --namespace team-a --kubeconfig '/tmp/my config' --kube-context 'dev cluster' --kube-as-user system:serviceaccount:team-a:purger",
    ]);
    expect(lines({}, { ...paste, context: undefined })).toEqual(['  helm uninstall api --namespace team-a']);
    for (const record of ['gone', 'unknown']) expect(lines({ record }, paste)).toEqual([]);
    for (const code of ['OWNERSHIP_UNREADABLE', 'API_FORBIDDEN', 'KIND_NOT_SERVED']) {
      expect(lines({ code }, paste), 'helm is not started where nothing is proved').toEqual([]);
    }
  });

  it('says in one line that not all that is left was looked at, and why', () => {
    const { retained: _, ...rest } = report;
    const unlooked = { ...rest, outcomes: outcomes.filter(({ result }) => result !== 'purged') };
    expect(reportSummary({ ...unlooked, unlooked: 'ended' }, paste).at(-1)).toBe(
      'what is left was not looked at: the run was ended',
    );
    expect(reportSummary({ ...rest, unlooked: 'no-time' }, paste).at(-1)).toBe(
      'what else is left was not looked at: there was no time',
    );
  });

  it('cannot be led by helm to print what a terminal would obey', () => {
    const message = '\u001b[31mno\u009b2J\u202e\nhelm uninstall kube';
    const bad = outcomes.map((one) => (one.result === 'failed' ? { ...one, message, remedy: message } : one));
    const lines = [...reportSummary({ ...report, outcomes: bad }, paste), ...bad.map(outcomeLine)];
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('of the way back: for how long, what does not come back, and as whom', () => {
    expect(undoLines(plan, { undoRetentionMs: 604_800_000, serviceAccount: undefined })).toEqual([
      'For 7d it can be brought back with: bookstore-operator purge restore RUN (the report names the run).',
      'Not all comes back, of 1 release: team-b/shop loses the ClusterIP of Service/shop.',
      'The policy names no serviceAccount: purge restore will need --service-account NAME, one of each namespace that may make what comes back.',
    ]);
    const notRestored = ['a', 'b', 'c', 'd'];
    const entries = plan.entries.map((one) => (one.action === 'purge' ? { ...one, notRestored } : one));
    expect(undoLines({ ...plan, entries }, { undoRetentionMs: 3_600_000, serviceAccount: 'purger' }).slice(1)).toEqual([
      'Not all comes back, of 2 releases: team-a/api loses a, b, c, …; purge plan -o wide has them all.',
    ]);
    expect(undoLines({ ...plan, entries: [] }, { undoRetentionMs: 3_600_000, serviceAccount: 'purger' })).toHaveLength(
      1,
    );
  });

  it('has no table for nothing', () => {
    expect(planTable({ ...plan, entries: [] }, { isWide: false })).toBe('');
  });
});

// A run for tests of its record: a plan, one outcome of each kind, a way back.
import { assemblePlan } from '../../src/purge/plan/judge.ts';
import type { PlanEntry, PurgePlan } from '../../src/purge/plan/plan.ts';
import type { ReleaseOutcome } from '../../src/purge/record/report.ts';
import type { RunStart } from '../../src/purge/record/run-record.ts';
import type { UndoNote } from '../../src/purge/record/run-recorder.ts';

/** When the example's run begins. */
export const runNowMs = Date.parse('2026-11-26T20:00:00Z');

const purged: PlanEntry = {
  namespace: 'team-a',
  name: 'api',
  revision: 3,
  status: 'deployed',
  action: 'purge',
  rule: 'selected',
  reason: 'its namespace is selected and nothing keeps it',
  record: { uid: 'u', resourceVersion: '1' },
  recordsDigest: 'sha256:api',
};

/** Four releases that go and one that stays. */
export const examplePlan: PurgePlan = assemblePlan({
  policy: 'nightly',
  context: 'dev',
  server: 'https://10.0.0.1:6443',
  nowMs: runNowMs,
  selection: { selected: [{ name: 'team-a', uid: 'ns-a', annotations: {} }], leftOut: [] },
  entries: [
    ...['api', 'bad', 'web', 'zoo'].map((name) => ({ ...purged, name, recordsDigest: `sha256:${name}` })),
    { ...purged, name: 'db', action: 'keep', rule: 'exclude', reason: "its name is in the policy's exclude" },
  ],
  warnings: [],
  capsHit: [],
  namespacesOverCap: new Set(),
});

const release = { namespace: 'team-a', revision: 3 };

/** One of each kind. */
export const exampleOutcomes: readonly ReleaseOutcome[] = [
  {
    ...release,
    name: 'api',
    chart: 'tiny-0.1.0',
    leaves: ['PersistentVolumeClaim/data'],
    result: 'purged',
    durationMs: 9,
  },
  {
    ...release,
    name: 'bad',
    result: 'failed',
    durationMs: 20,
    code: 'HELM_FAILED',
    message: 'cannot uninstall team-a/bad: no',
    remedy: 'Look.',
    record: 'left',
  },
  { ...release, name: 'web', result: 'skipped', durationMs: 2, reason: 'it was touched since the plan' },
  { ...release, name: 'zoo', result: 'not-started', reason: 'the run was interrupted' },
];

/** The run before anything has happened. */
export const exampleStart: RunStart = {
  run: 'nightly-20261126200000-0a1b2',
  plan: examplePlan,
  driver: 'helm',
  concurrency: 8,
  startedAtMs: runNowMs,
  requestedBy: 'alice',
  worker: 'laptop_42',
  hold: {
    lock: 'bookstore-operator-system/bookstore-operator-purge alice@laptop_1f',
    process: '42.100.aaaaaaaaaaaa.bbbbbbbbbbbb',
  },
  serviceAccount: 'purger',
  undoRetentionMs: 604_800_000,
  origin: { uid: 'policy-uid', generation: 4 },
  namespaces: undefined,
};

/** A way back of a release. */
export function exampleNote(name: string): UndoNote {
  const of = { namespace: 'team-a', namespaceUid: 'ns-a', name, revision: 3 };
  return { ...of, secret: `undo-${name}`, digest: `sha256:${'0'.repeat(64)}` };
}

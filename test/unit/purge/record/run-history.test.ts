import { expect, it } from 'vitest';
import type { PurgeRun } from '../../../../src/api/v1alpha1/purge-run.ts';
import { nameOfRun } from '../../../../src/purge/record/read-run.ts';
import type { StoredRunFile } from '../../../../src/purge/record/run-files.ts';
import { runsToForget } from '../../../../src/purge/record/run-history.ts';
import { fileOf } from '../../../../src/purge/record/run-record.ts';
import { exampleNote, exampleStart } from '../../../support/run-examples.ts';

const nowMs = Date.parse('2026-11-26T20:00:00Z');
const day = 86_400_000;

/** `3` as in three days ago. */
function run(
  daysAgo: number,
  phase: string,
  rest: { policy?: string; undo?: boolean; undoRetentionMs?: number } = {},
): PurgeRun {
  const time = new Date(nowMs - daysAgo * day).toISOString();
  const { policy = 'nightly', undo = false, ...noted } = rest;
  const isOver = !['Running', 'Pending', ''].includes(phase);
  return {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgeRun',
    metadata: { name: `${policy}-${daysAgo}`, uid: String(daysAgo), creationTimestamp: time },
    spec: { policy },
    ...(phase === ''
      ? {}
      : {
          status: {
            phase: phase as 'Running',
            startedAt: time,
            ...noted,
            ...(isOver ? { completedAt: time } : {}),
            ...(undo ? { undo: { 'team-a/shop': `1 undo-shop sha256:${'0'.repeat(64)}` } } : {}),
          },
        }),
  };
}

/** The same run as a file; none where it has not begun. */
function asFile({ metadata: { name }, spec: { policy }, status }: PurgeRun): StoredRunFile[] {
  if (status?.phase === undefined || status.phase === 'Pending' || status.startedAt === undefined) return [];
  const undo = Object.keys(status.undo ?? {}).map(() => exampleNote('shop'));
  const start = { ...exampleStart, run: name, startedAtMs: Date.parse(status.startedAt) };
  const { record, ...report } = fileOf({ start, nowMs: start.startedAtMs, outcomes: [], undo });
  const { undoRetentionMs: _, ...noted } = record;
  const own = status.undoRetentionMs === undefined ? {} : { undoRetentionMs: status.undoRetentionMs };
  const file = { ...report, policy, record: { ...noted, ...own, phase: status.phase } };
  return [{ file, path: `/state/${name}.json` }];
}

it.each<[string, readonly PurgeRun[], string[]]>([
  ['keeps as many as there may be', [run(1, 'Succeeded'), run(2, 'Succeeded'), run(3, 'Failed')], []],
  ['forgets the oldest', [run(3, 'Succeeded'), run(1, 'Succeeded'), run(2, 'Succeeded')], ['nightly-3']],
  [
    'counts failures apart, a blocked run among them',
    [run(1, 'Blocked'), run(2, 'Succeeded'), run(3, 'Failed')],
    ['nightly-3'],
  ],
  ['leaves what is not over', [1, 2, 3, 4].map((days) => run(days, days % 2 === 0 ? 'Running' : 'Pending')), []],
  ['leaves what has no status yet', [1, 2, 3].map((days) => run(days, '')), []],
  ['leaves the runs of others', [1, 2, 3, 4].map((days) => run(days, 'Succeeded', { policy: 'other' })), []],
  [
    'leaves what can still be brought back',
    [1, 2, 6, 7, 8].map((days) => run(days, 'Succeeded', { undo: true })),
    ['nightly-7', 'nightly-8'],
  ],
])('%s', (_name, runs, forgotten) => {
  const rules = { policy: 'nightly', limits: { successful: 2, failed: 1 }, retentionMs: 7 * day, nowMs };
  const names = runsToForget(
    runs.map((object) => ({ object })),
    rules,
  ).map(nameOfRun);
  expect(names).toEqual(forgotten);
  expect(runsToForget(runs.flatMap(asFile), rules).map(nameOfRun)).toEqual(forgotten);
});

it.each<[string, { own: number | undefined; now: number }, string[]]>([
  [
    'a run by the retention that it noted, however short the policy’s is now',
    { own: 7 * day, now: 1_000 },
    ['nightly-7'],
  ],
  [
    'a run by the retention that it noted, however long the policy’s is now',
    { own: day, now: 30 * day },
    ['nightly-1', 'nightly-6', 'nightly-7'],
  ],
  [
    'a run that noted none by the policy’s default, where the policy’s is shorter',
    { own: undefined, now: 1_000 },
    ['nightly-7'],
  ],
  ['a run that noted none by the policy’s, where that is longer', { own: undefined, now: 30 * day }, []],
])('judges %s', (_name, { own, now }, forgotten) => {
  const noted = own === undefined ? {} : { undoRetentionMs: own };
  const runs = [1, 6, 7].map((days) => run(days, 'Succeeded', { undo: true, ...noted }));
  const rules = { policy: 'nightly', limits: { successful: 0, failed: 0 }, retentionMs: now, nowMs };
  const stored = runs.map((object) => ({ object }));
  expect(runsToForget(stored, rules).map(nameOfRun)).toEqual(forgotten);
  expect(runsToForget(runs.flatMap(asFile), rules).map(nameOfRun)).toEqual(forgotten);
});

it('never forgets a way back whose end nobody knows', () => {
  const lost = run(100, 'Succeeded', { undo: true });
  const { completedAt: _, ...status } = lost.status ?? {};
  const rules = { policy: 'nightly', limits: { successful: 0, failed: 0 }, retentionMs: day, nowMs };
  expect(runsToForget([{ object: { ...lost, status } }], rules)).toEqual([]);
});

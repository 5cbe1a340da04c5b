import { expect, it } from 'vitest';
import type { PurgeRun } from '../../../src/api/v1alpha1/purge-run.ts';
import { differencesTable, leftAloneLine } from '../../../src/cli/purge-plan-file.ts';
import { runLines, runsTable } from '../../../src/cli/purge-runs-text.ts';
import { reportTable } from '../../../src/cli/purge-text.ts';
import { assembleReport } from '../../../src/purge/record/report.ts';
import { endedStatus, endingOf } from '../../../src/purge/record/run-ending.ts';
import { fileOf, statusOf } from '../../../src/purge/record/run-record.ts';
import { newestFirst, outcomesOf, summaryOf } from '../../../src/purge/record/run-summary.ts';
import { undoEntry } from '../../../src/purge/record/undo-notes.ts';
import { exampleNote, exampleOutcomes, exampleStart, runNowMs } from '../../support/run-examples.ts';

const report = assembleReport({
  ...exampleStart,
  outcomes: exampleOutcomes,
  durationMs: 5_000,
  stoppedBy: 'interrupted',
});
const record = { start: exampleStart, nowMs: runNowMs + 5_000, outcomes: exampleOutcomes, undo: [exampleNote('api')] };
const object: PurgeRun = {
  apiVersion: 'velotio.com/v1alpha1',
  kind: 'PurgeRun',
  metadata: { name: exampleStart.run },
  spec: { policy: 'nightly' },
  status: { ...statusOf({ ...record, report }), undo: Object.fromEntries(record.undo.map(undoEntry)) },
};
const earlier = {
  ...exampleStart,
  run: 'weekly-20261120200000-zzzzz',
  startedAtMs: runNowMs - 6 * 86_400_000,
  requestedBy: 'schedule of weekly',
  plan: { ...exampleStart.plan, policy: 'weekly' },
};
const file = { file: fileOf({ ...record, start: earlier, outcomes: [] }), path: '/state/weekly.json' };
const asked: PurgeRun = { ...object, metadata: { name: 'by-hand' } };
const { status: _, ...unbegun } = asked;
const golden = (name: string): string => `./golden/${name}.txt`;
const runs = [file, { object }, { object: unbegun }].map((run) => summaryOf(run)).sort(newestFirst);

it('runs are listed newest first', async () => {
  const nowMs = runNowMs + 3_600_000 * 3;
  await expect(runsTable(runs, { nowMs, isWide: false })).toMatchFileSnapshot(golden('purge-runs'));
  await expect(runsTable(runs, { nowMs, isWide: true })).toMatchFileSnapshot(golden('purge-runs-wide'));
  expect(runsTable([], { nowMs, isWide: true })).toBe('');
});

it('one run is told in a few lines, then what became of each release', async () => {
  const told = [{ object }, file, { object: unbegun }].map((stored) => {
    const outcomes = outcomesOf(stored);
    return [...runLines(summaryOf(stored), outcomes), reportTable(outcomes, { isWide: false })].join('\n');
  });
  await expect(told.join('\n')).toMatchFileSnapshot(golden('purge-run-shown'));
});

it('a run that says that it is at work is told with what is known of its worker', async () => {
  const { report: _over, ...atWork } = { ...record, report };
  const running: PurgeRun = { ...object, status: statusOf({ ...atWork, outcomes: exampleOutcomes.slice(0, 1) }) };
  const noted: PurgeRun = { ...running, status: { ...running.status, ...endedStatus(running, runNowMs + 60_000) } };
  const told = [
    summaryOf({ object: running }),
    summaryOf({ object: running }, { renewedAt: '2026-11-26T20:00:04.000000Z' }),
    summaryOf({ object: running }, { ending: endingOf({ object: running }) }),
    summaryOf({ object: noted }),
  ].map((summary) => runLines(summary, { omitted: 0 }).join('\n'));
  await expect(told.join('\n\n')).toMatchFileSnapshot(golden('purge-run-at-work'));
});

it('nothing that a record says leads a terminal astray', () => {
  const evil: PurgeRun = { ...object, status: { ...object.status, requestedBy: 'a\u001b[2Jb\nc' } };
  for (const line of runLines(summaryOf({ object: evil }), { omitted: 3 })) expect(line).not.toMatch(/\p{Cc}/u);
  expect(runsTable([summaryOf({ object: evil })], { nowMs: runNowMs, isWide: true }).split('\n')).toHaveLength(3);
});

it('what no longer fits a plan is told line by line', async () => {
  const differences = [
    { what: 'server', planned: 'https://10.0.0.1:6443', now: 'https://10.0.0.2:6443' },
    { what: 'team-a/api', planned: 'purge revision 3', now: 'keep: the namespace carries keep.purge.velotio.com/api' },
  ];
  await expect(differencesTable(differences)).toMatchFileSnapshot(golden('purge-plan-differences'));
});

it('what is not in a plan that was given is told as what is known of it, and many are counted', () => {
  const others = Array.from({ length: 23 }, (_, index) => ({ namespace: 'team-a', name: `r${index}` }));
  expect(leftAloneLine(others.slice(0, 1))).toBe(
    'not in the plan that was given, and left alone: 1 release that no metadata keeps, whose content was not read: team-a/r0',
  );
  expect(leftAloneLine(others)).toMatch(/: 23 releases that .*: team-a\/r0, .*, team-a\/r19 and 3 more$/);
});

// The demo's times: read from the purge's own summary, told as a table, never judged.
import { expect, test } from 'vitest';
import { purgeTime, timesTable } from '../../../../src/cli/demo/times.ts';
import { reportSummary } from '../../../../src/cli/purge-text.ts';
import type { PurgeReport } from '../../../../src/purge/record/report.ts';

const report: PurgeReport = {
  apiVersion: 'velotio.com/v1alpha1',
  kind: 'PurgeReport',
  run: 'demo-20261122200000-0a1b2',
  policy: 'demo',
  context: 'demo',
  server: 'https://127.0.0.1:1',
  driver: 'helm',
  concurrency: 8,
  startedAt: '2026-11-22T20:00:00.000Z',
  durationMs: 1_234,
  capsHit: [],
  counts: { purged: 7, failed: 0, skipped: 0, notStarted: 0, kept: 2 },
  outcomes: [],
  kept: [],
};
const paste = { context: 'demo', serviceAccount: undefined };
const times = {
  applyToReadyMs: 2_449,
  atOnce: { durationMs: 500, concurrency: 8 },
  serial: { durationMs: 1_130, concurrency: 1 },
  releaseCount: 7,
};

test('the time of a purge is the one that its summary tells', () => {
  expect(purgeTime(`NAMESPACE   RELEASE\n${reportSummary(report, paste).join('\n')}`)).toEqual({
    durationMs: 1_230,
    concurrency: 8,
  });
  expect(purgeTime('nothing to purge')).toBeUndefined();
});

test('the table has the times and their ratio', () => {
  expect(timesTable(times)).toEqual([
    'kubectl apply to Ready           2.4 s',
    'purge of 7 releases, 8 at once   0.5 s',
    'purge of 7 releases, 1 at once   1.1 s',
    'concurrent against serial        2.3 × as fast',
  ]);
});

test.for([
  [2_000, 1_000, '0.5 × as fast'],
  [0, 1_000, 'too fast to compare'],
] as const)('%i ms at once against %i ms is %s', ([atOnceMs, serialMs, ratio]) => {
  const [, , , line] = timesTable({
    ...times,
    atOnce: { durationMs: atOnceMs, concurrency: 8 },
    serial: { durationMs: serialMs, concurrency: 1 },
  });
  expect(line).toMatch(new RegExp(`${ratio}$`));
});

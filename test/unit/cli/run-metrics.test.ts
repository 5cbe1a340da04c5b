import { expect, it } from 'vitest';
import { meterNights } from '../../../src/cli/run-metrics.ts';
import { assembleReport, type ReleaseOutcome, type StopCause } from '../../../src/purge/record/report.ts';
import type { NightEnd } from '../../../src/purge/run-night.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { exampleOutcomes, exampleStart } from '../../support/run-examples.ts';

const report = (outcomes: readonly ReleaseOutcome[], stoppedBy?: StopCause) =>
  assembleReport({ ...exampleStart, outcomes, durationMs: 90_000, stoppedBy });
const [purged] = exampleOutcomes;

/** The lines of the purge that are not 0, without the prefix. */
async function afterNights(...ends: readonly (NightEnd | undefined)[]): Promise<readonly string[]> {
  const metrics = new Metrics();
  const observe = meterNights(metrics, 'nightly');
  for (const end of ends) observe('nightly', end);
  const { body } = await metrics.expose();
  return body
    .split('\n')
    .filter((line) => line.startsWith('bookstore_operator_purge_') && !line.endsWith(' 0') && !line.includes('_bucket'))
    .map((line) => line.replace('bookstore_operator_purge_', ''));
}

it.each<[string, NightEnd | undefined]>([
  ['succeeded', report(purged === undefined ? [] : [purged])],
  ['failed', report(exampleOutcomes)],
  ['failed', report(exampleOutcomes, 'deadline')],
  ['interrupted', report(exampleOutcomes, 'interrupted')],
  ['blocked', report([], 'cap')],
  ['planned', 'planned'],
  ['suspended', 'suspended'],
  ['interrupted', 'interrupted'],
  ['refused', undefined],
])('a night is counted as %s', async (result, end) => {
  const lines = (await afterNights(end)).filter((line) => line.startsWith('runs_total'));
  expect(lines).toEqual([`runs_total{policy="nightly",result="${result}"} 1`]);
});

it('releases are counted by result and code, with the time of the run', async () => {
  const lines = await afterNights(report(exampleOutcomes, 'deadline'), report(exampleOutcomes, 'deadline'));
  expect(lines.filter((line) => !line.startsWith('runs_total'))).toEqual([
    'duration_seconds_sum{policy="nightly"} 180',
    'duration_seconds_count{policy="nightly"} 2',
    'releases_total{policy="nightly",result="purged",code=""} 2',
    'releases_total{policy="nightly",result="failed",code="HELM_FAILED"} 2',
    'releases_total{policy="nightly",result="skipped",code=""} 2',
    'releases_total{policy="nightly",result="not-started",code="deadline"} 2',
  ]);
});

it('only a night without a failure is the last success', async () => {
  const before = Date.now() / 1_000;
  const stamp = async (end: NightEnd): Promise<number | undefined> => {
    const line = (await afterNights(end)).find((one) => one.startsWith('last_success_timestamp_seconds'));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  };
  expect(await stamp(report([]))).toBeGreaterThanOrEqual(before);
  expect(await stamp(report(exampleOutcomes))).toBeUndefined();
  expect(await stamp('planned')).toBeUndefined();
});

it('every result is there before the first night', async () => {
  const metrics = new Metrics();
  meterNights(metrics, 'nightly');
  const { body } = await metrics.expose();
  for (const result of ['succeeded', 'refused'])
    expect(body).toContain(`runs_total{policy="nightly",result="${result}"} 0`);
});

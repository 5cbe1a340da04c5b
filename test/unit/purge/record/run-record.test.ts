import { describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../../src/api/v1alpha1/group-version.ts';
import { type PurgeRun, PurgeRunBound } from '../../../../src/api/v1alpha1/purge-run.ts';
import { assembleReport, type ReleaseOutcome } from '../../../../src/purge/record/report.ts';
import { fileOf, phaseOf, statusOf } from '../../../../src/purge/record/run-record.ts';
import { outcomesOf } from '../../../../src/purge/record/run-summary.ts';
import { exampleNote, exampleOutcomes, examplePlan, exampleStart, runNowMs } from '../../../support/run-examples.ts';

const nowMs = runNowMs + 5_000;
const report = (rest: { outcomes?: readonly ReleaseOutcome[]; stoppedBy?: 'cap' | 'interrupted' } = {}) =>
  assembleReport({ ...exampleStart, outcomes: exampleOutcomes, durationMs: 5_000, ...rest });
const [purged] = exampleOutcomes;

describe('the status of a PurgeRun', () => {
  it('says what is known while the run goes on', () => {
    const status = statusOf({ start: exampleStart, nowMs, outcomes: exampleOutcomes.slice(0, 1), undo: [] });
    expect(status).toEqual({
      phase: 'Running',
      policy: { uid: 'policy-uid', generation: 4 },
      serviceAccount: 'purger',
      undoRetentionMs: 604_800_000,
      requestedBy: 'alice',
      worker: 'laptop_42',
      startedAt: '2026-11-26T20:00:00.000Z',
      planned: { purge: 4, keep: 1, namespaces: 1 },
      capsHit: [],
      counts: { purged: 1, failed: 0, skipped: 0, notStarted: 0, kept: 1 },
      outcomes: [
        { namespace: 'team-a', name: 'api', revision: 3, result: 'purged', chart: 'tiny-0.1.0', durationMs: 9 },
      ],
    });
  });

  it('has the failed ones first, and one condition, once the run is over', () => {
    const over = report({ stoppedBy: 'interrupted' });
    const status = statusOf({ start: exampleStart, nowMs, outcomes: exampleOutcomes, undo: [], report: over });
    expect(status.outcomes?.map(({ name }) => name)).toEqual(['bad', 'api', 'web', 'zoo']);
    expect(status).toMatchObject({
      phase: 'Failed',
      stoppedBy: 'interrupted',
      completedAt: '2026-11-26T20:00:05.000Z',
      conditions: [
        {
          type: 'Failed',
          status: 'True',
          reason: 'Interrupted',
          message: '1 purged, 1 failed, 1 skipped, 1 not started, 1 kept',
        },
      ],
    });
  });

  it('stays within its bounds, whatever helm has said and however many releases there are', () => {
    const name = (index: number): string => `r${String(index).padStart(4, '0')}`;
    const many = Array.from({ length: 620 }, (_, index): ReleaseOutcome => {
      const release = { namespace: 'team-a', name: name(index), revision: 1, chart: 'c'.repeat(900) };
      return index < 610
        ? { ...release, result: 'purged', durationMs: 1 }
        : {
            ...release,
            result: 'failed',
            durationMs: 1,
            code: 'X'.repeat(200),
            message: 'no\n\u001b'.repeat(900),
            record: 'left',
          };
    });
    const status = statusOf({
      start: { ...exampleStart, worker: 'w'.repeat(2_000), requestedBy: 'u'.repeat(2_000) },
      nowMs,
      outcomes: many,
      undo: [],
      report: report({ outcomes: many }),
    });
    expect(status.outcomes).toHaveLength(PurgeRunBound.outcomes);
    expect(status.outcomesOmitted).toBe(120);
    expect(status.outcomes?.slice(0, 10).map((one) => one.name)).toEqual(many.slice(610).map((one) => one.name));
    for (const { chart = '', code = '', message = '' } of status.outcomes ?? []) {
      expect([chart.length <= 253, code.length <= 63, message.length <= 512]).toEqual([true, true, true]);
      expect(message).not.toMatch(/\p{Cc}/u);
    }
    expect(status.worker).toHaveLength(PurgeRunBound.identityLength);
    expect(status.requestedBy).toHaveLength(PurgeRunBound.identityLength);
  });
});

it('the status says what took each release away, and why it was helm, and so does what is read of it', () => {
  const release = { namespace: 'team-a', revision: 1, durationMs: 9 };
  const failure = { code: 'HELM_FAILED', message: 'no', record: 'unknown' } as const;
  const driverReason = `it has a "pre-delete hook Job/${'x'.repeat(300)}"`;
  const outcomes: readonly ReleaseOutcome[] = [
    { ...release, name: 'by-helm', result: 'failed', ...failure, driver: 'helm', driverReason },
    { ...release, name: 'native', result: 'purged', driver: 'native' },
    { ...release, name: 'skipped', result: 'skipped', reason: 'it was touched since the plan' },
  ];
  const status = statusOf({ start: exampleStart, nowMs, outcomes, undo: [], report: report({ outcomes }) });
  const told = status.outcomes?.map(({ name, driver, driverReason: why }) => [name, driver, why?.slice(0, 30)]);
  expect(told).toEqual([
    ['by-helm', 'helm', driverReason.slice(0, 30)],
    ['native', 'native', undefined],
    ['skipped', undefined, undefined],
  ]);
  expect(status.outcomes?.[0]?.driverReason).toHaveLength(PurgeRunBound.driverReasonLength);
  const spec = { policy: 'nightly' };
  const object: PurgeRun = { apiVersion: API_VERSION, kind: 'PurgeRun', metadata: { name: 'run' }, spec, status };
  expect(outcomesOf({ object }).outcomes).toMatchObject([
    { driver: 'helm' },
    { driver: 'native' },
    { name: 'skipped' },
  ]);
});

it.each([
  ['Running', undefined],
  ['Blocked', report({ stoppedBy: 'cap' })],
  ['Failed', report()],
  ['Succeeded', report({ outcomes: purged === undefined ? [] : [purged] })],
  ['Succeeded', report({ outcomes: [] })],
])('is %s', (phase, over) => {
  expect(phaseOf({ report: over })).toBe(phase);
});

it('a report file is a report with the record, as far as it is known', () => {
  const undo = [exampleNote('api')];
  expect(fileOf({ start: exampleStart, nowMs, outcomes: [], undo })).toMatchObject({
    kind: 'PurgeReport',
    run: exampleStart.run,
    durationMs: 5_000,
    outcomes: [],
    kept: [{ name: 'db', rule: 'exclude' }],
    record: { phase: 'Running', requestedBy: 'alice', serviceAccount: 'purger', planned: examplePlan.counts, undo },
  });
});

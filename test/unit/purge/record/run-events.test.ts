import { expect, it } from 'vitest';
import { assembleReport, type ReleaseOutcome, type StopCause } from '../../../../src/purge/record/report.ts';
import { beganEvent, endedEvent, refusedEvent } from '../../../../src/purge/record/run-events.ts';
import { exampleOutcomes, examplePlan, exampleStart } from '../../../support/run-examples.ts';

const hit = { cap: 'maxReleases', limit: 1, found: 4, reason: '4 releases would go, 1 may' } as const;
const ended = (outcomes: readonly ReleaseOutcome[], stoppedBy?: StopCause) =>
  endedEvent(assembleReport({ ...exampleStart, outcomes, durationMs: 1, stoppedBy }));

it('a run that begins says who asked for it, and how much goes', () => {
  expect(beganEvent(exampleStart)).toEqual({
    type: 'Normal',
    reason: 'PurgeStarted',
    action: 'purge',
    note: `run ${exampleStart.run}, asked for by alice; releases: 4, namespaces: 1`,
  });
});

it.each([
  ['is blocked', { ...examplePlan, capsHit: [hit] }],
  ['has nothing to do', { ...examplePlan, counts: { ...examplePlan.counts, purge: 0 } }],
])('one that %s has no beginning', (_what, plan) => {
  expect(beganEvent({ ...exampleStart, plan })).toBeUndefined();
});

it.each<[string, 'Normal' | 'Warning', string, ReturnType<typeof ended>]>([
  ['PurgeSucceeded', 'Normal', '1 purged', ended(exampleOutcomes.slice(0, 1))],
  ['PurgeFailed', 'Warning', '1 failed', ended(exampleOutcomes.slice(0, 2))],
  ['PurgeStopped', 'Warning', "ended early: the run's deadline had passed", ended(exampleOutcomes, 'deadline')],
])('the end of a run is %s', (reason, type, note, event) => {
  expect(event).toEqual({ type, reason, action: 'purge', note: expect.stringContaining(note) });
  expect(event.note).toContain(`run ${exampleStart.run}: `);
});

it('a blocked run says which cap', () => {
  const plan = { ...examplePlan, capsHit: [hit] };
  const report = assembleReport({ ...exampleStart, plan, outcomes: [], durationMs: 1, stoppedBy: 'cap' });
  expect(endedEvent(report)).toMatchObject({ reason: 'PurgeBlocked', note: expect.stringContaining(hit.reason) });
});

it('a run that did not come about says why', () => {
  expect(refusedEvent(new Error('no lock'))).toMatchObject({
    type: 'Warning',
    reason: 'PurgeRefused',
    note: 'nothing was deleted: no lock',
  });
});

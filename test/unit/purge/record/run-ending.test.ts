import { expect, it } from 'vitest';
import type { PurgeRun } from '../../../../src/api/v1alpha1/purge-run.ts';
import type { ReleaseOutcome } from '../../../../src/purge/record/report.ts';
import { endedFile, endedStatus, endingOf } from '../../../../src/purge/record/run-ending.ts';
import { fileOf, statusOf } from '../../../../src/purge/record/run-record.ts';
import type { UndoNote } from '../../../../src/purge/record/run-recorder.ts';
import { undoEntry } from '../../../../src/purge/record/undo-notes.ts';
import { exampleNote, exampleOutcomes, exampleStart, runNowMs } from '../../../support/run-examples.ts';

/** The two ways in which a run at work is stored. */
function storedWays(outcomes: readonly ReleaseOutcome[], undo: readonly UndoNote[]) {
  const record = { start: exampleStart, nowMs: runNowMs + 1_000, outcomes, undo };
  const object: PurgeRun = {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgeRun',
    metadata: { name: exampleStart.run },
    spec: { policy: 'nightly' },
    status: { ...statusOf(record), undo: Object.fromEntries(undo.map(undoEntry)) },
  };
  return { object, file: fileOf(record), path: '/state/run.json' };
}

it.each<[string, number, string[], string]>([
  [
    'nothing was recorded yet',
    0,
    [],
    'its worker laptop_42 died: 0 of 4 outcomes were recorded; look at the 4 without one: each may be gone, half gone or untouched',
  ],
  [
    'some was begun and has no outcome',
    1,
    ['api', 'zoo', 'bad'],
    'its worker laptop_42 died: 1 of 4 outcomes were recorded; look at the 3 without one: each may be gone, half gone or untouched; begun of these: team-a/bad, team-a/zoo',
  ],
  ['all was done but the report', 4, ['api'], 'its worker laptop_42 died: 4 of 4 outcomes were recorded'],
])('%s: the cluster and the file say the same', (_what, outcomes, begun, text) => {
  const { object, file, path } = storedWays(exampleOutcomes.slice(0, outcomes), begun.map(exampleNote));
  expect(endingOf({ object })).toBe(text);
  expect(endingOf({ file, path })).toBe(text);
});

it('many that were begun are counted', () => {
  const { object } = storedWays([], ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(exampleNote));
  expect(endingOf({ object })).toContain('begun of these: team-a/a, team-a/b, team-a/c, team-a/d, team-a/e and 2 more');
});

it('the record then says Failed and interrupted, over when that was found, and keeps what it knew', () => {
  const { object, file, path } = storedWays(exampleOutcomes.slice(0, 1), []);
  const atMs = runNowMs + 60_000;
  expect(endedStatus(object, atMs)).toEqual({
    phase: 'Failed',
    stoppedBy: 'interrupted',
    completedAt: '2026-11-26T20:01:00.000Z',
    conditions: [
      {
        type: 'Failed',
        status: 'True',
        lastTransitionTime: '2026-11-26T20:01:00.000Z',
        reason: 'WorkerDied',
        message: endingOf({ object }),
      },
    ],
  });
  expect(endedFile({ file, path }, atMs)).toEqual({
    ...file,
    durationMs: 60_000,
    stoppedBy: 'interrupted',
    record: { ...file.record, phase: 'Failed', ending: endingOf({ object }) },
  });
});

it('does not end before it began where the clocks differ', () => {
  const { object, file, path } = storedWays([], []);
  expect(endedStatus(object, runNowMs - 60_000).completedAt).toBe('2026-11-26T20:00:00.000Z');
  expect(endedFile({ file, path }, runNowMs - 60_000).durationMs).toBe(file.durationMs);
});

// The last line of the benchmark, which programs read.
import { expect, test } from 'vitest';
import { lastLine } from '../../../../bench/operator/figures.ts';
import { runFigures } from './sample-runs.ts';

test('the last line has every key, and is about the largest number of resources', () => {
  expect(lastLine([runFigures(60, 5, 10), runFigures(200, 8, 10), runFigures(60, 6, 10)])).toEqual({
    n: 200,
    installToFloor: 4,
    installToPeer: 0.8,
    installSeconds: 8,
    idleHelmProcesses: 0,
    idleRequests: 12,
    idleCpuSeconds: 0.04,
    updateSeconds: 8,
    deleteAllSeconds: 8,
    deleteToPeer: 0.8,
    residentMb: 150,
    residentAboveIdleMb: 50,
  });
});

test('what was not measured is null, and the key is there all the same', () => {
  const { installToPeer, deleteToPeer } = lastLine([runFigures(60, 5)]);
  expect([installToPeer, deleteToPeer]).toEqual([null, null]);
});

test('of several runs the median counts; a ratio is taken within each run first', () => {
  const runs = [runFigures(60, 4, 8), runFigures(60, 30, 10), runFigures(60, 5, 50)];
  expect(lastLine(runs)).toMatchObject({ installSeconds: 5, installToFloor: 2.5, installToPeer: 0.5 });
});

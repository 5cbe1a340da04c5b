// The last line of the benchmark, which programs read.
import { expect, test } from 'vitest';
import { lastLine } from '../../../../bench/purge/figures.ts';
import { planFigures, runFigures } from './sample-runs.ts';

test('the last line has every key, and is about the largest number of releases', () => {
  const runs = [
    runFigures(60, 1),
    runFigures(60, 1, { latencyMs: 20 }),
    runFigures(500, 2, { pruner: 7 }),
    runFigures(500, 1.25, { latencyMs: 20, pruner: 7 }),
  ];
  expect(lastLine(runs, planFigures([0.8, 0.5, 0.6]))).toEqual({
    n: 500,
    nativeToSerial: 4,
    nativeToHelm8: 2.5,
    nativeToHelm8At20ms: 4,
    helmDriverToSerial: 1.33,
    nativeToPruner: 3.5,
    planSeconds: 0.6,
    planToHelmList: 4.17,
    planResidentMb: 150,
  });
});

test('what was not measured is null, and the key is there all the same', () => {
  expect(lastLine([runFigures(60, 2)], null)).toMatchObject({
    nativeToHelm8At20ms: null,
    nativeToPruner: null,
    planSeconds: null,
    planToHelmList: null,
    planResidentMb: null,
  });
});

test('of several runs the median counts; a ratio is taken within each run first', () => {
  const runs = [runFigures(60, 1), runFigures(60, 4), runFigures(60, 2)];
  expect(lastLine(runs, null)).toMatchObject({ nativeToSerial: 4, nativeToHelm8: 2.5 });
});

// Median and range of several runs.
import { expect, test } from 'vitest';
import { median, spread } from '../../../bench/statistics.ts';

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

test('a spread shows median and range', () => {
  expect(spread([3, 1, 2])).toBe('2.00 (1.00–3.00)');
  expect(spread([30.4, 10, 20], 0)).toBe('20 (10–30)');
});

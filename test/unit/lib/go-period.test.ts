import { describe, expect, test } from 'vitest';
import { parseGoPeriod } from '../../../src/lib/go-period.ts';

describe('parseGoPeriod', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['1s', 1_000],
    ['1m30s', 90_000],
  ])('%s is a period', (text, ms) => {
    expect(parseGoPeriod(text)).toBe(ms);
  });

  test.each(['', '1', 'often', '-1m', '1ns', '999ms'])('%j is none', (text) => {
    expect(parseGoPeriod(text)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/lib/backoff.ts';

const curve = fc.record({
  baseMs: fc.integer({ min: 1, max: 10_000 }),
  maxMs: fc.integer({ min: 10_000, max: 600_000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const attempt = fc.integer({ min: 0, max: 100_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  it.each([
    [0, 200],
    [1, 400],
    [2, 800],
    [5, 5_000],
    [100_000, 5_000],
  ])('waits before repetition %d for %d ms when nothing is random', (repetition, expected) => {
    expect(backoffMs(repetition, 0, { baseMs: 200, maxMs: 5_000 })).toBe(expected);
  });

  it('takes away up to the half by default', () => {
    expect(backoffMs(0, 0.999_999, { baseMs: 200, maxMs: 5_000 })).toBe(100);
  });

  it('stays between what jitter leaves and the longest wait', () => {
    fc.assert(
      fc.property(attempt, random, curve, (repetition, chance, options) => {
        const waitMs = backoffMs(repetition, chance, options);
        expect(waitMs).toBeLessThanOrEqual(options.maxMs);
        expect(waitMs).toBeGreaterThanOrEqual(Math.floor(options.baseMs * (1 - options.jitter)));
        expect(Number.isInteger(waitMs)).toBe(true);
      }),
    );
  });

  it('never gets shorter from one repetition to the next with the same chance', () => {
    fc.assert(
      fc.property(attempt, random, curve, (repetition, chance, options) => {
        const waits = [repetition, repetition + 1].map((each) => backoffMs(each, chance, options));
        expect(waits[1]).toBeGreaterThanOrEqual(waits[0] ?? Number.NaN);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateOf, type PurgeProgressState, progressLine } from '../../../src/cli/progress-line.ts';

const state = (rest: Partial<PurgeProgressState> = {}): PurgeProgressState => ({
  total: 300,
  done: 45,
  failed: 2,
  inFlight: 8,
  isStopping: false,
  estimate: { perMinute: 92.4, leftMs: 165_000 },
  ...rest,
});

describe('progressLine', () => {
  it.each<[string, Partial<PurgeProgressState>, string]>([
    ['all', {}, '[ 45/300] 8 in flight, 2 failed, 92/min, 2m left'],
    ['nothing yet', { done: 0, failed: 0, estimate: undefined }, '[  0/300] 8 in flight'],
    ['a slow one', { estimate: { perMinute: 2.25, leftMs: 9 } }, '[ 45/300] 8 in flight, 2 failed, 2.3/min, 1s left'],
    ['a pause', { pausedMs: 12_300 }, '[ 45/300] waiting for the API server (12s), 8 in flight, 2 failed'],
    ['the end of it', { isStopping: true, inFlight: 3 }, '[ 45/300] stopping, 3 in flight, 2 failed'],
  ])('tells %s', (_what, rest, expected) => {
    expect(progressLine(state(rest), 120)).toBe(expected);
  });

  it.each<[number, string]>([
    [49, '[ 45/300] 8 in flight, 2 failed, 92/min, 2m left'],
    [48, '[ 45/300] 8 in flight, 2 failed, 2m left'],
    [40, '[ 45/300] 2 failed, 2m left'],
    [20, '[ 45/300] 2 failed'],
    [12, '[ 45/300]'],
    [5, '[ 45'],
    [1, ''],
    [0, ''],
  ])('leaves out what matters least where there are %d columns', (width, expected) => {
    expect(progressLine(state(), width)).toBe(expected);
  });

  it('never reaches the last column', () => {
    const states = fc.record({
      total: fc.nat(5_000),
      done: fc.nat(5_000),
      failed: fc.nat(500),
      inFlight: fc.nat(64),
      isStopping: fc.boolean(),
      pausedMs: fc.option(fc.nat(10_000_000), { nil: undefined }),
      estimate: fc.option(fc.record({ perMinute: fc.float({ noNaN: true, min: 0, max: 5_000 }), leftMs: fc.nat() }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(states, fc.nat(200), (given, width) => {
        expect(progressLine(given, width).length).toBeLessThanOrEqual(Math.max(0, width - 1));
      }),
    );
  });
});

describe('estimateOf', () => {
  const every = (ms: number, count: number) => Array.from({ length: count }, (_each, at) => (at + 1) * ms);

  it('knows nothing before five have ended and three seconds have passed', () => {
    const few = { startedMs: 0, endsMs: every(100, 4), left: 96, nowMs: 10_000 };
    const early = { startedMs: 0, endsMs: every(100, 8), left: 92, nowMs: 2_000 };
    expect([few, early].map(estimateOf)).toEqual([undefined, undefined]);
  });

  it('takes the wave in which the first end for no more than it is', () => {
    const wave = Array.from({ length: 8 }, () => 4_000);
    expect(estimateOf({ startedMs: 0, endsMs: wave, left: 80, nowMs: 4_000 })).toEqual({
      perMinute: 120,
      leftMs: 40_000,
    });
  });

  it('looks back to the last twenty', () => {
    const slowThenFast = [...every(10_000, 50), ...every(500, 20).map((ms) => 500_000 + ms)];
    const estimate = estimateOf({ startedMs: 0, endsMs: slowThenFast, left: 10, nowMs: 510_000 });
    expect(estimate).toEqual({ perMinute: 120, leftMs: 5_000 });
  });

  it('expects less the longer nothing ends, and in the end nothing', () => {
    const ends = { startedMs: 0, endsMs: every(500, 20), left: 10 };
    const perMinute = [10_000, 20_000, 40_000].map((nowMs) => estimateOf({ ...ends, nowMs })?.perMinute);
    expect(perMinute).toEqual([120, 60, 30]);
    expect(estimateOf({ ...ends, nowMs: 5 * 86_400_000 })).toBeUndefined();
  });
});

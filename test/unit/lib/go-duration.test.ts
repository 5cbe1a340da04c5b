import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from '../../../src/lib/go-duration.ts';

describe('parseGoDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['-0', 0],
    ['5m', 300_000],
    ['1m30s', 90_000],
    ['1h0m0s', 3_600_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['250ms', 250],
    ['10us', 0.01],
    ['10µs', 0.01],
    ['+2s', 2_000],
    ['-2s', -2_000],
    ['2s1h', 3_602_000],
  ])('reads %j', (text, expected) => {
    expect(parseGoDuration(text)).toBeCloseTo(expected, 9);
  });

  it.each([
    '',
    '5',
    'm',
    '5 m',
    '5min',
    '1d',
    '1m 30s',
    '1e3s',
    '--1s',
    '.s',
    '1..5s',
    '5m\n',
    '300000h0m0s1',
    '2562048h',
  ])('refuses %j', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [1_500, '1.5s'],
    [90_000, '1m30s'],
    [300_000, '5m0s'],
    [3_600_000, '1h0m0s'],
    [-90_000, '-1m30s'],
    [0.4, '0s'],
  ])('writes %d ms as Go does', (durationMs, expected) => {
    expect(formatGoDuration(durationMs)).toBe(expected);
  });

  it('writes what parseGoDuration reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), (durationMs) => {
        expect(parseGoDuration(formatGoDuration(durationMs))).toBeCloseTo(durationMs, 3);
      }),
    );
  });
});

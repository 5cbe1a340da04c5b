import { expect, it } from 'vitest';
import { formatBytes, parseQuantity } from '../../../src/lib/quantity.ts';

it.each([
  ['1Ki', 1024],
  ['10Gi', 10 * 2 ** 30],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['500M', 500e6],
  ['5k', 5000],
  ['1e3', 1000],
  ['2E', 2e18],
  ['1500m', 1.5],
  ['.5', 0.5],
  ['7', 7],
  ['', undefined],
  ['Gi', undefined],
  ['1 Gi', undefined],
  ['1GB', undefined],
  ['ten', undefined],
])('reads %j', (text, expected) => {
  expect(parseQuantity(text)).toBe(expected);
});

it.each([
  [0, '0'],
  [512, '512'],
  [1024, '1Ki'],
  [1.5 * 2 ** 30, '1.5Gi'],
  [21 * 2 ** 30, '21Gi'],
  [2 ** 41, '2048Gi'],
])('writes %d as people read it', (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

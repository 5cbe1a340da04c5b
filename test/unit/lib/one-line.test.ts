import { expect, it } from 'vitest';
import { oneLine } from '../../../src/lib/one-line.ts';

it.each([
  ['a short line', 'a short line'],
  ['  two\n lines\t\u0000\u001b[31m red', 'two lines [31m red'],
  ['right\u202eto left\u2028a\u200bb', 'right to left a b'],
  ['x'.repeat(21), `${'x'.repeat(19)}…`],
  [`${'x'.repeat(18)}😀😀`, `${'x'.repeat(18)}…`],
  ['', ''],
])('makes %j one line', (text, expected) => {
  expect(oneLine(text, 20)).toBe(expected);
  expect(oneLine(text, 20).length).toBeLessThanOrEqual(20);
});

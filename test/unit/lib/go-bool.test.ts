import { expect, test } from 'vitest';
import { parseGoBool } from '../../../src/lib/go-bool.ts';

test.each([
  ['true', true],
  ['T', true],
  ['1', true],
  ['FALSE', false],
  ['f', false],
  ['0', false],
  ['yes', undefined],
  ['', undefined],
  ['tRUE', undefined],
  ['constructor', undefined],
])('%j is read as Go reads it', (text, value) => {
  expect(parseGoBool(text)).toBe(value);
});

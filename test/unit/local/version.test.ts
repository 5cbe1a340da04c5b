// Versions in what other programs print.
import { expect, test } from 'vitest';
import { findVersion, formatVersion, isAtLeast } from '../../../src/local/version.ts';

test.for([
  ['go version go1.26.8 linux/amd64', '1.26.8'],
  ['go version go1.27 darwin/arm64', '1.27.0'],
  ['go version go1.27rc1 linux/amd64', '1.27.0'],
  ['v4.2.3', '4.2.3'],
  ['v4.2.3+g12ab34c', '4.2.3'],
  ['v1.32.4-dispatcher', '1.32.4'],
])('%s is %s', ([text = '', expected]) => {
  const version = findVersion(text);
  expect(version && formatVersion(version)).toBe(expected);
});

test('a text without a version has none', () => {
  expect(findVersion('devel +abc')).toBeUndefined();
});

test.for([
  [[1, 26, 0], [1, 26, 0], true],
  [[1, 25, 9], [1, 26, 0], false],
  [[2, 0, 0], [1, 26, 5], true],
  [[1, 26, 4], [1, 26, 5], false],
  [[1, 9, 0], [1, 10, 0], false],
] as const)('%j at least %j: %s', ([version, minimum, expected]) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});

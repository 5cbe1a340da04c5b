// Which helm and kubectl are used.
import { expect, test } from 'vitest';
import { fits, parseToolVersion } from '../../../src/local/tool-version.ts';

const client = (gitVersion: string) =>
  JSON.stringify({ clientVersion: { gitVersion }, kustomizeVersion: 'v5.8.1' }, undefined, 2);

test.for([
  ['helm', 'v4.2.3', true],
  ['helm', 'v4.0.0', true],
  ['helm', 'v3.19.1', false],
  ['kubectl', client('v1.36.3'), true],
  ['kubectl', client('v1.35.0'), true],
  ['kubectl', client('v1.37.1'), true],
  ['kubectl', client('v1.32.4-dispatcher'), false],
  ['kubectl', client('v1.38.0'), false],
] as const)('%s that prints %s fits: %s', ([tool, output, expected]) => {
  const version = parseToolVersion(tool, output);
  expect(version !== undefined && fits(tool, version)).toBe(expected);
});

test('kubectl’s own version is read, not kustomize’s', () => {
  expect(parseToolVersion('kubectl', '{"kustomizeVersion": "v5.8.1"}')).toBeUndefined();
});

import { expect, it } from 'vitest';
import { pluralOf } from '../../../../src/api/crd/plural.ts';

it.each([
  ['BookStore', 'bookstores'],
  ['PurgePolicy', 'purgepolicies'],
  ['Gateway', 'gateways'],
  ['Nginx', 'nginxes'],
  ['Mesh', 'meshes'],
  ['Patch', 'patches'],
  ['Redis', 'redises'],
])('of %s is %s', (kind, plural) => {
  expect(pluralOf(kind)).toBe(plural);
});

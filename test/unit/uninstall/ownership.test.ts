import { describe, expect, it } from 'vitest';
import { type Ownership, ownerOf, ownershipOf } from '../../../src/uninstall/ownership.ts';

const marks = (namespace?: string, name?: string) => ({
  annotations: {
    other: 'x',
    ...(namespace === undefined ? {} : { 'meta.helm.sh/release-namespace': namespace }),
    ...(name === undefined ? {} : { 'meta.helm.sh/release-name': name }),
  },
});

describe('ownershipOf', () => {
  it.each<[string, Parameters<typeof ownershipOf>[0], Ownership]>([
    ['both marks of the release', marks('team-a', 'shop'), 'ours'],
    ['no annotations', {}, 'unmarked'],
    ['none of the marks', marks(), 'unmarked'],
    ['the name alone', marks(undefined, 'shop'), 'unmarked'],
    ['the namespace alone', marks('team-a'), 'unmarked'],
    ['another name', marks('team-a', 'api'), 'of-another'],
    ['another namespace', marks('team-b', 'shop'), 'of-another'],
    ['another name alone', marks(undefined, 'api'), 'of-another'],
    ['an empty name', marks('team-a', ''), 'of-another'],
  ])('%s', (_name, meta, expected) => {
    expect(ownershipOf(meta, { namespace: 'team-a', name: 'shop' })).toBe(expected);
  });

  it('names the owner as far as the marks do', () => {
    expect([ownerOf(marks('team-b', 'api')), ownerOf(marks(undefined, 'api')), ownerOf({})]).toEqual([
      'team-b/api',
      '?/api',
      '?/?',
    ]);
  });
});

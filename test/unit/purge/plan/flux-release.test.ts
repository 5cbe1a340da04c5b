import { describe, expect, it } from 'vitest';
import { releasesOf, shortenName } from '../../../../src/purge/plan/flux-release.ts';

const about = (fields: { readonly spec?: unknown; readonly status?: unknown; readonly name?: string }): string[] => {
  const { name = 'shop', ...rest } = fields;
  const metadata = { name, namespace: 'flux', uid: '1', resourceVersion: '1' };
  return releasesOf({ metadata, ...rest }).map((one) => `${one.namespace}/${one.name}`);
};

describe('releasesOf', () => {
  const long = 'a-name-that-is-longer-than-the-fifty-three-characters-of-helm';
  it.each<[string, Parameters<typeof about>[0], string[]]>([
    ['nothing but a name', { spec: {} }, ['flux/shop']],
    ['a target', { spec: { targetNamespace: 'team-a' } }, ['flux/team-a-shop']],
    [
      'a target and a storage',
      { spec: { targetNamespace: 'team-a', storageNamespace: 'team-b' } },
      ['team-b/team-a-shop'],
    ],
    ['a storage alone', { spec: { storageNamespace: 'team-b' } }, ['team-b/shop']],
    [
      'a name of its own',
      { spec: { releaseName: 'web', targetNamespace: 'team-a', storageNamespace: 'team-a' } },
      ['team-a/web'],
    ],
    ['empty texts', { spec: { releaseName: '', targetNamespace: '', storageNamespace: '' } }, ['flux/shop']],
    ['a cluster elsewhere, which may be this one', { spec: { kubeConfig: {} } }, ['flux/shop']],
    ['a name that is too long', { name: long, spec: {} }, [`flux/${shortenName(long)}`]],
    [
      'what it made before its spec was changed',
      {
        spec: { releaseName: 'new', storageNamespace: 'team-b' },
        status: { storageNamespace: 'team-a', history: [{ name: 'old', namespace: 'team-a' }, { name: 'old' }] },
      },
      ['team-b/new', 'team-a/new', 'team-a/old'],
    ],
    ['no spec, and a status that is none', { status: { history: [null, 'x', {}] } }, ['flux/shop']],
    ['fields of another type', { spec: { releaseName: 7, targetNamespace: [] } }, ['flux/shop']],
  ])('knows the release of a HelmRelease with %s', (_name, fields, expected) => {
    expect(about(fields)).toEqual(expected);
  });
});

describe('shortenName', () => {
  it.each([
    ['release-name', 'release-name'],
    [
      'release-name-with-very-long-name-which-is-longer-than-53-characters',
      'release-name-with-very-long-name-which-i-788ca0d0d7b0',
    ],
    [
      'another-release-name-with-very-long-name-which-is-longer-than-53-characters',
      'another-release-name-with-very-long-name-7e72150d5a36',
    ],
    ['', ''],
  ])("gives %s Flux' own short name", (name, expected) => {
    expect(shortenName(name)).toBe(expected);
  });
});

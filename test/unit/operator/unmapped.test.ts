import { expect, test } from 'vitest';
import { ObjectStore } from '../../../src/kube/object-store.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { ReleaseCache } from '../../../src/operator/observe/release-cache.ts';
import { unmappedText } from '../../../src/operator/unmapped.ts';
import { watchEntry } from '../../support/watch-entries.ts';

const record = (name: string, revision: number, owner?: string): KubeObject => ({
  metadata: {
    name: `sh.helm.release.v1.${name}.v${revision}`,
    namespace: 'alice',
    uid: `${name}-${revision}`,
    resourceVersion: '1',
    labels: {
      owner: 'helm',
      name,
      version: String(revision),
      status: 'deployed',
      ...(owner === undefined ? {} : { 'helm.velotio.com/owner': owner }),
    },
  },
});

test('releases of kinds that no entry maps are counted by kind, each release once', () => {
  const store = new ObjectStore<KubeObject>();
  const cache = new ReleaseCache(store, { now: () => 0 });
  store.remember(record('shop', 1, 'BookStore.velotio.com'));
  store.remember(record('by-hand', 1));
  expect(unmappedText(cache.owners(), [watchEntry()])).toBeUndefined();
  for (const [name, revision] of [
    ['one', 1],
    ['one', 2],
    ['two', 1],
  ] as const) {
    store.remember(record(name, revision, 'Baz.rev.io'));
  }
  store.remember(record('three', 1, 'Foo.rev.io'));
  const text = unmappedText(cache.owners(), [watchEntry()]);
  expect(text?.releases).toBe('2 of Baz.rev.io, 1 of Foo.rev.io');
  expect(text?.remedy).toContain('helm.velotio.com/uninstall');
});

test('whoever writes labels cannot make the line long', () => {
  const owners = new Map(Array.from({ length: 12 }, (_, index) => [`K${index}.rev.io`, 1]));
  expect(unmappedText(owners, [])?.releases).toMatch(/, and those of 2 other kinds$/);
});

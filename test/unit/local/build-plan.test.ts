// The key of the cache stands for everything that decides what the binaries are.
import { expect, test } from 'vitest';
import { cacheKey, clientTargets, componentBinaries, controlPlaneTargets } from '../../../src/local/build-plan.ts';

const sources = new Map([
  ['k8s/go.mod', 'module k8s'],
  ['k8s/go.sum', 'sums'],
]);

test('equal inputs give an equal key, in whatever order the files were read', () => {
  const reversed = new Map([...sources].toReversed());
  expect(cacheKey(controlPlaneTargets, reversed)).toBe(cacheKey(controlPlaneTargets, sources));
});

test('another module version, another flag and another set of targets each give another key', () => {
  const key = cacheKey(controlPlaneTargets, sources);
  const flags = controlPlaneTargets.map((target) => ({ ...target, ldflags: `${target.ldflags} -X a=b` }));
  const keys = [
    key,
    cacheKey(controlPlaneTargets, new Map([...sources, ['k8s/go.sum', 'other sums']])),
    cacheKey(flags, sources),
    cacheKey([clientTargets.kubectl], sources),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('the build makes every binary that a cluster needs', () => {
  const made = controlPlaneTargets.flatMap(({ output, links }) => [output, ...links]);
  expect(made).toEqual(expect.arrayContaining([...componentBinaries]));
});

test('both packages that tell the version are stamped', () => {
  const { ldflags = '' } = controlPlaneTargets.find(({ module }) => module === 'k8s') ?? {};
  expect(ldflags).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
  expect(ldflags).toContain('-X k8s.io/client-go/pkg/version.gitVersion=v1.36.3');
});

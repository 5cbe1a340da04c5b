import { describe, expect, test } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { absent, isSourceWatch, versionOf } from '../../../src/operator/source-watch.ts';

describe('isSourceWatch', () => {
  const status = { namespace: undefined, objects: 0, hasSynced: true, silentMs: 0, isFresh: true };
  const { secrets, configMaps, deployments } = CoreResources;

  test.each([
    ['Secrets but for Helm’s records', { resource: secrets, labelSelector: 'owner!=helm' }, true],
    ['Helm’s records', { resource: secrets, labelSelector: 'owner=helm' }, false],
    ['ConfigMaps', { resource: configMaps, labelSelector: undefined }, true],
    ['ConfigMaps of releases', { resource: configMaps, labelSelector: 'app.kubernetes.io/managed-by=Helm' }, false],
    ['another kind', { resource: deployments, labelSelector: undefined }, false],
    [
      'a kind of somebody else that has the same name',
      { resource: { ...configMaps, group: 'example.com' }, labelSelector: undefined },
      false,
    ],
  ])('%s: %j', (_what, watch, expected) => {
    expect(isSourceWatch({ ...status, ...watch })).toBe(expected);
  });
});

test('versions differ by object and by change, and from none at all', () => {
  const of = (uid: string, resourceVersion: string) => versionOf({ metadata: { name: 'a', uid, resourceVersion } });
  expect(new Set([of('u', '1'), of('u', '2'), of('v', '1'), versionOf(undefined)]).size).toBe(4);
  expect(versionOf(undefined)).toBe(absent);
});

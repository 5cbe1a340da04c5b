import { expect, test } from 'vitest';
import { contentDigest } from '../../../src/release/content-digest.ts';
import type { Release } from '../../../src/release/decode.ts';

const hook = { name: 'clean', kind: 'Job', manifest: 'kind: Job', events: ['pre-delete'] };
const release: Release = {
  name: 'shop',
  namespace: 'alice',
  revision: 2,
  status: 'deployed',
  description: 'Upgrade complete',
  firstDeployed: undefined,
  lastDeployed: undefined,
  chart: { name: 'bookstore', version: '0.1.0', appVersion: undefined },
  manifest: 'kind: Service',
  hooks: [hook],
};

test('stays what it is when helm changes the state of the revision', () => {
  const superseded = { ...release, status: 'superseded', description: 'x', lastDeployed: '2026-01-01T00:00:00Z' };
  expect(contentDigest(superseded)).toBe(contentDigest(release));
});

test.each<[string, Partial<Release>]>([
  ['another manifest', { manifest: 'kind: Secret' }],
  ['another hook', { hooks: [{ ...hook, manifest: 'kind: ClusterRoleBinding' }] }],
  ['a hook at another event', { hooks: [{ ...hook, events: ['post-delete'] }] }],
  ['no hook', { hooks: [] }],
  ['another revision', { revision: 3 }],
  ['another namespace', { namespace: 'bob' }],
])('differs for %s', (_what, change) => {
  expect(contentDigest({ ...release, ...change })).not.toBe(contentDigest(release));
});

import { expect, test } from 'vitest';
import { ObjectStore } from '../../../../src/kube/object-store.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import { ReleaseCache } from '../../../../src/operator/observe/release-cache.ts';

const key = { namespace: 'alice', name: 'shop' };
const record = (resourceVersion: string, modifiedAtMs: number): KubeObject => ({
  metadata: {
    name: 'sh.helm.release.v1.shop.v1',
    namespace: 'alice',
    uid: 'r-1',
    resourceVersion,
    labels: {
      owner: 'helm',
      name: 'shop',
      version: '1',
      status: 'pending-upgrade',
      modifiedAt: String(modifiedAtMs / 1000),
    },
  },
});

test('a record that says it was written later than now was written when it was first seen', () => {
  let nowMs = 1_000_000;
  const store = new ObjectStore<KubeObject>();
  const cache = new ReleaseCache(store, { now: () => nowMs });
  const touchedAtMs = (): number | undefined => cache.latest(key)?.touchedAtMs;
  store.remember(record('1', 99_999_999_000));
  expect(touchedAtMs()).toBe(1_000_000);
  nowMs += 60_000;
  expect(touchedAtMs()).toBe(1_000_000);
  store.remember(record('2', 99_999_999_000));
  expect(touchedAtMs()).toBe(1_060_000);
  store.remember(record('3', 500_000));
  expect(touchedAtMs()).toBe(500_000);
});

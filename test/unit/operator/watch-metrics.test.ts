import { expect, test } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import type { WatchStatus } from '../../../src/kube/watch-hub.ts';
import { meterWatches } from '../../../src/operator/watch-metrics.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';

const watch = (changes: Partial<WatchStatus>): WatchStatus => ({
  resource: CoreResources.secrets,
  namespace: undefined,
  labelSelector: undefined,
  objects: 0,
  hasSynced: true,
  silentMs: 0,
  isFresh: true,
  ...changes,
});

test('a resource that is watched several times counts what all hold, and the longest silence', async () => {
  const metrics = new Metrics();
  meterWatches(metrics, {
    watches: () => [
      // one that is split by namespace, and one of all others
      watch({ labelSelector: 'owner=helm', namespace: 'a', objects: 5, silentMs: 1_000 }),
      watch({ labelSelector: 'owner=helm', namespace: 'b', objects: 5, silentMs: 40_000 }),
      watch({ labelSelector: 'owner!=helm', objects: 2, silentMs: undefined }),
      watch({ resource: CoreResources.configMaps, objects: 7, silentMs: undefined }),
    ],
  });
  const lines = (await metrics.expose()).body
    .split('\n')
    .filter((line) => /^bookstore_operator_watch_(objects|silence)/.test(line));
  expect(lines).toEqual([
    'bookstore_operator_watch_objects{resource="secrets"} 7',
    'bookstore_operator_watch_objects{resource="configmaps"} 7',
    'bookstore_operator_watch_silence_seconds{resource="secrets"} 40',
  ]);
});

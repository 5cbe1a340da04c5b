import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { WatchHub } from '../../../src/kube/watch-hub.ts';
import { meterWatches } from '../../../src/operator/watch-metrics.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';

const { configMaps } = CoreResources;
let opened: OpenClient;
let one: string;
let other: string;
let stop = new AbortController();

beforeAll(async () => {
  opened = await openTestClient();
  one = await createNamespace(opened.client, 'watch-metrics');
  other = await createNamespace(opened.client, 'watch-metrics');
  for (const [namespace, name, tier] of [
    [one, 'a', 'front'],
    [one, 'b', 'back'],
    [other, 'c', 'back'],
  ] as const) {
    const metadata = { name, namespace, labels: { tier } };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    await opened.client.create(configMaps, object, { fieldManager: 'test' });
  }
});
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});
afterAll(async () => {
  await opened.close();
});

/** `namespace selector` → value. */
async function figures(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const { body } = await metrics.expose();
  const line = new RegExp(
    `^bookstore_operator_${name}\\{resource="configmaps",namespace="([^"]*)",selector="([^"]*)"\\} (\\S+)$`,
    'gm',
  );
  return Object.fromEntries(
    Array.from(body.matchAll(line), ([, namespace, selector, value]) => [`${namespace} ${selector}`, Number(value)]),
  );
}

describe('the figures of watches', () => {
  it('tell namespaces and selectors apart, and add up to what there is', async () => {
    const hub = new WatchHub({ client: opened.client, signal: stop.signal });
    const metrics = new Metrics();
    meterWatches(metrics, hub);
    const target = { resource: configMaps, namespaces: [one, other], isMetadataOnly: true };
    const selections = ['tier', 'tier=back'].map((labelSelector) => hub.follow({ ...target, labelSelector }));
    await Promise.all(selections.map(({ synced }) => synced));
    expect(await figures(metrics, 'watch_objects')).toEqual({
      [`${one} tier`]: 2,
      [`${other} tier`]: 1,
      [`${one} tier=back`]: 1,
      [`${other} tier=back`]: 1,
    });
    const silence = await figures(metrics, 'watch_silence_seconds');
    expect(Object.keys(silence)).toHaveLength(4);
    for (const seconds of Object.values(silence)) expect(seconds).toBeLessThan(60);
    selections[0]?.stop();
    expect(Object.keys(await figures(metrics, 'watch_objects'))).toHaveLength(2);
    stop.abort();
    await hub.stopped();
  });

  it('are the sum, and the longest silence, where watches differ only in what they read of an object', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
    let openWatches = 0;
    const client: ConstructorParameters<typeof WatchHub>[0]['client'] = {
      pages: (...args) => opened.client.pages(...args),
      watch: async (...args) => {
        const events = await opened.client.watch<never>(...args);
        openWatches += 1;
        return events;
      },
      renewSockets: () => opened.client.renewSockets(),
    };
    const hub = new WatchHub({ client, signal: stop.signal, clock });
    const metrics = new Metrics();
    meterWatches(metrics, hub);
    const target = { resource: configMaps, labelSelector: 'tier=back', namespaces: [one] };
    hub.follow(target);
    await expect.poll(() => openWatches).toBe(1); // it was heard for the last time
    nowMs += 5_000;
    await hub.follow({ ...target, isMetadataOnly: true }).synced;
    expect(await figures(metrics, 'watch_objects')).toEqual({ [`${one} tier=back`]: 2 });
    expect(await figures(metrics, 'watch_silence_seconds')).toEqual({ [`${one} tier=back`]: 5 });
    stop.abort();
    await hub.stopped();
  });

  it('count the lists as well as the watches: a storm of lists is seen', async () => {
    const metrics = new Metrics();
    const seen: string[] = [];
    const hub: WatchHub = new WatchHub({
      client: opened.client,
      signal: stop.signal,
      observe: (observation) => {
        meter(observation);
        if (observation.kind === 'dialled') seen.push(observation.verb);
      },
    });
    const meter = meterWatches(metrics, hub);
    hub.follow({ resource: configMaps, namespaces: [one, other] });
    await expect.poll(() => seen.toSorted()).toEqual(['list', 'list', 'watch', 'watch']);
    const { body } = await metrics.expose();
    expect(body).toContain('bookstore_operator_watch_lists_total{resource="configmaps"} 2');
    expect(body).toContain('bookstore_operator_watch_starts_total{resource="configmaps"} 2');
    stop.abort();
    await hub.stopped();
  });

  it('name no namespace where all are watched, and are not there before there is a list', async () => {
    const hub = new WatchHub({ client: opened.client.impersonating('nobody'), signal: stop.signal });
    const metrics = new Metrics();
    const observe = meterWatches(metrics, hub);
    hub.follow(
      { resource: configMaps },
      { onError: (error) => observe({ kind: 'failed', resource: configMaps, error }) },
    );
    await expect.poll(async () => (await metrics.expose()).body).toContain('code="API_FORBIDDEN"');
    expect(await figures(metrics, 'watch_objects')).toEqual({ ' ': 0 });
    expect(await figures(metrics, 'watch_silence_seconds')).toEqual({});
    stop.abort();
    await hub.stopped();
  });
});

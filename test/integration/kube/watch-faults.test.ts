import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../../src/kube/object-store.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { BusyObjects, busySelector, versionsOf } from '../../support/chaos/busy-objects.ts';
import { troubles } from '../../support/chaos/random-faults.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { soak } from '../../support/soak.ts';
import { testCluster } from '../../support/test-context.ts';

const { configMaps: resource } = CoreResources;
const run = soak('watch faults', { seconds: 1 });
let direct: OpenClient;

beforeAll(async () => {
  direct = await openTestClient();
});
afterAll(async () => {
  await direct.close();
});

/** A watch past a proxy of its own, of few objects. Dispose it. */
async function startWatch() {
  const { kubeconfig, testRoot } = testCluster();
  const proxy = await ChaosProxy.start({ kubeconfig, random: run.random });
  const proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'test' });
  const namespace = await createNamespace(direct.client, 'kube-watch-faults');
  const busy = new BusyObjects(direct.client, { resource, namespace, count: 12, run });
  await busy.createAll();
  const stop = new AbortController();
  const store = new ObjectStore<KubeObject>();
  const errors: unknown[] = [];
  const reflector = new Reflector<KubeObject>({
    client: proxied.client,
    resource,
    namespace,
    labelSelector: busySelector,
    pageSize: 5,
    watchdogMs: 2_000,
    store,
    onError: (error) => errors.push(error),
  });
  const ended = reflector.run(stop.signal);
  return {
    proxy,
    busy,
    store,
    errors,
    reflector,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('stopped by the test'));
      await ended;
      await proxied.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

describe('a watch is equal to the API server again after', () => {
  it.concurrent.for(troubles)('$name', async ({ begin }, { expect }) => {
    await using running = await startWatch();
    const { proxy, busy, store, reflector } = running;
    await reflector.synced;
    await expect.poll(() => proxy.openWatches, { timeout: 20_000 }).toBe(1);
    const { strikes, end } = begin(proxy, run);
    const writing = new AbortController();
    const writers = busy.keepBusy(writing.signal, { writers: 1, pauseMs: 20 });
    await delay(700);
    await expect.poll(strikes, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    await end?.();
    writing.abort();
    await writers;
    const truth = await busy.truth();
    await expect.poll(() => versionsOf(store.values()), { timeout: 30_000, interval: 20 }).toEqual(truth);
  });
});

describe('a watch whose server ends it over and over, and never tells of anything', () => {
  it('keeps up all the same, and says what is wrong', async () => {
    await using running = await startWatch();
    const { proxy, busy, store, errors, reflector } = running;
    await reflector.synced;
    proxy.faults.add({ kind: 'empty-watch' });
    proxy.endWatches();
    const writing = new AbortController();
    const writers = busy.keepBusy(writing.signal, { writers: 1, pauseMs: 20 });
    await delay(700);
    writing.abort();
    await writers;
    const truth = await busy.truth();
    await expect.poll(() => versionsOf(store.values()), { timeout: 10_000, interval: 20 }).toEqual(truth);
    expect(errors[0]).toMatchObject({ code: 'API_BAD_ANSWER', message: expect.stringContaining('told of nothing') });
  });
});

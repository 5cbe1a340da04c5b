import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LeaderElection } from '../../../src/kube/leader-election.ts';
import { KubeLease } from '../../../src/kube/lease.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { CoreResources, resourcePath } from '../../../src/kube/resource.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { testCluster } from '../../support/test-context.ts';

const { configMaps } = CoreResources;
const fieldManager = 'test';
let direct: OpenClient;
let proxy: ChaosProxy;
let proxied: OpenClient;
let namespace: string;

beforeAll(async () => {
  direct = await openTestClient();
  namespace = await createNamespace(direct.client, 'kube-request-path');
  const { kubeconfig, testRoot } = testCluster();
  proxy = await ChaosProxy.start({ kubeconfig });
  proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'request-path' });
});
afterAll(async () => {
  await proxied.close();
  await proxy[Symbol.asyncDispose]();
  await direct.close();
});

const read = (timeoutMs: number) =>
  proxied.client.raw({
    method: 'GET',
    path: resourcePath(configMaps, { namespace }),
    what: 'list configmaps',
    timeoutMs,
  });

/** Sockets that wait in the pool, and are there for whoever comes next. */
async function fillPool(): Promise<void> {
  await Promise.all(Array.from({ length: 8 }, () => read(20_000)));
}

describe('a request', () => {
  beforeEach(fillPool);

  it('that meets a socket which the network has forgotten spares the others those that wait in the pool', async () => {
    proxy.halfOpen({ fresh: false });
    await read(500); // one time-out, and an answer
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => read(10_000)));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('gets through as soon as the network is back, however long its connections were swallowed', async () => {
    const heal = proxy.halfOpen();
    const answered = read(1_000);
    await delay(2_500);
    heal();
    const healedMs = performance.now();
    await answered;
    expect(performance.now() - healedMs).toBeLessThan(5_000);
  });

  it('that creates is made good when nobody listened, and happens once', async () => {
    await proxy.refuse();
    const metadata = { name: 'once', namespace };
    const created = proxied.client.create(
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata },
      { fieldManager },
    );
    await delay(100);
    await proxy.accept();
    expect(await created).toMatchObject({ metadata: { name: 'once' } });
  });

  it('that creates is left to its caller when nobody knows whether it happened', async () => {
    const where = { method: 'POST', path: /configmaps$/ };
    const active = proxy.faults.add({ kind: 'silence', where });
    const metadata = { name: 'unknown', namespace };
    const created = proxied.client.raw({
      method: 'POST',
      path: resourcePath(configMaps, { namespace }),
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata },
      what: 'create a config map',
      timeoutMs: 300,
    });
    await expect(created).rejects.toMatchObject({ code: 'API_TIMEOUT', isUnsent: false });
    expect(active.hits).toBe(1);
    active.end();
  });
});

describe('a Lease', () => {
  it('is kept when the network forgets every connection, those in the pool too', async () => {
    const lost: unknown[] = [];
    const stop = new AbortController();
    const election = new LeaderElection({
      lease: new KubeLease({ client: proxied.client, namespace, name: 'kept', fieldManager }),
      identity: 'one',
      leaseDurationMs: 6_000, // renewed every 2 s, with 1.2 s for an attempt, and lost after 4 s
      isMissingFree: true,
      onStoppedLeading: (reason) => {
        if (!stop.signal.aborted) lost.push(reason);
      },
    });
    const ended = election.run(stop.signal);
    try {
      await election.waitUntilLeading();
      await fillPool();
      proxy.halfOpen({ fresh: false });
      await delay(6_500);
      expect([lost, election.isLeading]).toEqual([[], true]);
    } finally {
      stop.abort(new Error('stopped by the test'));
      await ended;
    }
  });

  it('is renewed over one connection', async () => {
    const stop = new AbortController();
    const election = new LeaderElection({
      lease: new KubeLease({ client: proxied.client, namespace, name: 'cheap', fieldManager }),
      identity: 'one',
      isMissingFree: true, // and the default times: renewed every 5 s
    });
    const ended = election.run(stop.signal);
    try {
      await election.waitUntilLeading();
      await delay(500);
      const before = proxy.connectionsSeen;
      await delay(12_000);
      expect(proxy.log.count({ method: 'PATCH', path: /leases\/cheap$/ })).toBeGreaterThanOrEqual(2);
      expect(proxy.connectionsSeen - before).toBe(0);
    } finally {
      stop.abort(new Error('stopped by the test'));
      await ended;
    }
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kube/objects.ts';
import { type OpenClient, openClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import type { Following } from '../../src/kube/watch-hub.ts';
import { WatchHub } from '../../src/kube/watch-hub.ts';
import { maxAttemptsPerMinute } from '../../src/kube/watch-pace.ts';
import { clusterPaths } from '../../src/local/cluster-paths.ts';
import type { ComponentName } from '../../src/local/components.ts';
import { down } from '../../src/local/down.ts';
import { isRunning } from '../../src/local/process-identity.ts';
import { readState } from '../../src/local/state-store.ts';
import { up } from '../../src/local/up.ts';
import { BusyObjects, busySelector, versionsOf } from '../support/chaos/busy-objects.ts';
import { mostWithin } from '../support/chaos/request-log.ts';
import { ChaosProxy } from '../support/chaos-proxy.ts';
import { createNamespace } from '../support/cluster-client.ts';
import { newStateHome, testContext } from '../support/local-cluster.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';

const { configMaps } = CoreResources;
const name = 'outage';
const nodes = 1;
const run = soak('outage', { seconds: 300 });
const promiseMs = 5_000;

let stateHome: string;
let proxy: ChaosProxy;
let direct: OpenClient;
let proxied: OpenClient;
let busy: BusyObjects;

const context = () => testContext(stateHome);
const startCluster = () => up({ name, nodes, now: new Date() }, context());

beforeAll(async () => {
  stateHome = await newStateHome(testCluster().testRoot);
  const { kubeconfig } = await startCluster();
  proxy = await ChaosProxy.start({ kubeconfig });
  direct = await openClient({ kubeconfig, homeDir: stateHome, userAgent: 'writer' });
  proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: stateHome, userAgent: 'soak' });
  const namespace = await createNamespace(direct.client, 'soak-outage');
  busy = new BusyObjects(direct.client, { resource: configMaps, namespace, count: 50, run });
  await busy.createAll();
});
afterAll(async () => {
  await proxied?.close();
  await direct?.close();
  await proxy?.[Symbol.asyncDispose]();
  await down({ name }, context());
});

/** A process of this test's own cluster. */
async function processOf(component: ComponentName): Promise<number> {
  const identity = (await readState(clusterPaths(stateHome, name)))?.processes[component];
  if (identity === undefined || !(await isRunning(identity))) throw new Error(`${component} does not run`);
  return identity.pid;
}

/** Milliseconds until the copy equals a fresh list. */
async function settle(copy: Following<KubeObject>): Promise<number> {
  const startedMs = performance.now();
  const truth = await busy.truth();
  const isEqual = (): boolean => {
    const seen = versionsOf(copy.store.values());
    return seen.size === truth.size && [...truth].every(([key, version]) => seen.get(key) === version);
  };
  while (!isEqual() && performance.now() - startedMs < 180_000) await delay(10);
  expect(versionsOf(copy.store.values())).toEqual(truth);
  return performance.now() - startedMs;
}

interface Outage {
  readonly title: string;
  /** Returns when it is over. */
  readonly happen: () => Promise<void>;
  readonly watchdogMs?: number;
  /** From the end of the outage until the copy must be equal. */
  readonly withinMs: number;
}

const downMs = run.isFull ? 30_000 : 3_000;
const pausedMs = run.isFull ? 30_000 : 6_000;
const halfOpenMs = run.isFull ? 120_000 : 5_000;
/** The default where there is time for it. */
const watchdogMs = run.isFull ? 120_000 : 3_000;

const outages: readonly Outage[] = [
  {
    title: `the API server killed, and started again after ${downMs / 1_000} s`,
    happen: async () => {
      process.kill(await processOf('kube-apiserver'), 'SIGKILL');
      await delay(downMs);
      await startCluster();
    },
    withinMs: promiseMs,
  },
  {
    title: `etcd paused for ${pausedMs / 1_000} s`,
    happen: async () => {
      const pid = await processOf('etcd');
      process.kill(pid, 'SIGSTOP');
      await delay(pausedMs).finally(() => process.kill(pid, 'SIGCONT'));
    },
    withinMs: promiseMs,
  },
  {
    title: `the network half-open for ${halfOpenMs / 1_000} s`,
    happen: async () => {
      const heal = proxy.halfOpen();
      await delay(halfOpenMs).finally(heal);
    },
    watchdogMs,
    withinMs: watchdogMs + promiseMs,
  },
];

describe('a watch outlives', () => {
  it.each(outages)('$title', { timeout: 400_000 }, async (outage) => {
    const stop = new AbortController();
    const errors: unknown[] = [];
    // counted where they are sent: what a half-open network swallows does not reach the proxy's log
    const dials: Record<'list' | 'watch', number[]> = { list: [], watch: [] };
    const hub = new WatchHub({
      client: proxied.client,
      signal: stop.signal,
      observe: (each) => {
        if (each.kind === 'dialled') dials[each.verb].push(performance.now());
      },
      ...(outage.watchdogMs === undefined ? {} : { watchdogMs: outage.watchdogMs }),
    });
    const copy = hub.follow<KubeObject>(
      { resource: configMaps, labelSelector: busySelector },
      { onError: (error) => errors.push(error) },
    );
    try {
      await copy.synced;
      await settle(copy);
      await expect.poll(() => proxy.openWatches, { timeout: 20_000 }).toBe(1);
      const writing = new AbortController();
      const writers = busy.keepBusy(writing.signal, { writers: 1, pauseMs: 50 });
      await outage.happen();
      const overMs = performance.now();
      writing.abort();
      await writers;
      await settle(copy);
      const tookMs = performance.now() - overMs;
      const [watches, lists] = [mostWithin(dials.watch, 60_000), mostWithin(dials.list, 60_000)];
      run.print({
        [outage.title]: `equal ${(tookMs / 1_000).toFixed(2)} s after it; ${errors.length} failures; busiest minute: ${watches} watches, ${lists} lists`,
      });
      expect(tookMs).toBeLessThan(outage.withinMs);
      expect(watches).toBeLessThanOrEqual(maxAttemptsPerMinute);
      expect(lists).toBeLessThanOrEqual(maxAttemptsPerMinute);
      expect(hub.watches()).toMatchObject([{ hasSynced: true, isFresh: true }]);
    } finally {
      stop.abort(new Error('the end'));
      await hub.stopped();
    }
  });
});

import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ObjectStore, type StoreChange } from '../../src/kube/object-store.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { type OpenClient, openClient } from '../../src/kube/open-client.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { WatchHub } from '../../src/kube/watch-hub.ts';
import { maxAttemptsPerMinute } from '../../src/kube/watch-pace.ts';
import { BusyObjects, busySelector, versionsOf } from '../support/chaos/busy-objects.ts';
import { makeTrouble, troubleLog, troubles } from '../support/chaos/random-faults.ts';
import { mostWithin } from '../support/chaos/request-log.ts';
import { ChaosProxy } from '../support/chaos-proxy.ts';
import { createNamespace, openTestClient } from '../support/cluster-client.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';

const { configMaps, secrets } = CoreResources;
const run = soak('reflector', { seconds: 600 });
/** Shorter than anybody's should be, else most of the time would go by in silence; as long as dialling a dead network takes. */
const watchdogMs = 10_000;
const promiseMs = 5_000;
const roundMs = run.isFull ? 30_000 : 4_000;

let direct: OpenClient;
let proxied: OpenClient;
let proxy: ChaosProxy;
let namespace: string;

beforeAll(async () => {
  direct = await openTestClient();
  proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig, random: run.random });
  proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testCluster().testRoot, userAgent: 'soak' });
  namespace = await createNamespace(direct.client, 'soak-reflector');
});
afterAll(async () => {
  await proxied.close();
  await proxy[Symbol.asyncDispose]();
  await direct.close();
});

/** What a follower knows from being told alone. */
class Told {
  readonly objects = new Map<string, KubeObject>();
  changes = 0;

  readonly onChange = ({ key, before, after }: StoreChange<KubeObject>): void => {
    this.changes += 1;
    expect(versionsOf(before === undefined ? [] : [before])).toEqual(
      versionsOf([this.objects.get(key)].filter((each) => each !== undefined)),
    );
    if (after === undefined) this.objects.delete(key);
    else this.objects.set(key, after);
  };
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, each) => total + each, 0);

/** Milliseconds until `views` equal the truth. */
async function settle(
  views: readonly (() => ReadonlyMap<string, string>)[],
  truths: readonly ReadonlyMap<string, string>[],
): Promise<number> {
  const startedMs = performance.now();
  const isEqual = (): boolean =>
    views.every((view, index) => {
      const [seen, truth] = [view(), truths[index] ?? new Map<string, string>()];
      return seen.size === truth.size && [...truth].every(([key, version]) => seen.get(key) === version);
    });
  while (!isEqual() && performance.now() - startedMs < 60_000) await delay(10);
  for (const [index, view] of views.entries()) expect(view()).toEqual(truths[index]);
  return performance.now() - startedMs;
}

it('ends up equal to the API server within its promise after any faults, and its followers with it', {
  timeout: run.durationMs + 240_000,
}, async () => {
  const busy = [configMaps, secrets].map(
    (resource) => new BusyObjects(direct.client, { resource, namespace, count: 250, run }),
  );
  await Promise.all(busy.map((each) => each.createAll()));

  const stop = new AbortController();
  const errors: Record<string, number> = {};
  const onError = (error: unknown): void => {
    const name = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    errors[name] = (errors[name] ?? 0) + 1;
  };
  // counted where they are sent: what a half-open network swallows does not reach the proxy's log
  const dials = { configMaps: { list: [], watch: [] }, secrets: { list: [], watch: [] } } as Record<
    'configMaps' | 'secrets',
    Record<'list' | 'watch', number[]>
  >;
  const hub = new WatchHub({
    client: proxied.client,
    signal: stop.signal,
    watchdogMs,
    observe: (each) => {
      if (each.kind === 'dialled') dials.configMaps[each.verb].push(performance.now());
    },
  });
  const target = { resource: configMaps, namespaces: [namespace], labelSelector: busySelector };
  const [first, late] = [new Told(), new Told()];
  const shared = hub.follow<KubeObject>(target, { onChange: first.onChange, onError });
  const toldOfSecrets = new Told();
  const paged = new Reflector<KubeObject>({
    client: proxied.client,
    resource: secrets,
    namespace,
    labelSelector: busySelector,
    isMetadataOnly: true,
    pageSize: 50,
    watchdogMs,
    store: new ObjectStore<KubeObject>(),
    onChange: toldOfSecrets.onChange,
    onError,
    onDial: (verb) => dials.secrets[verb].push(performance.now()),
  });
  const ended = paged.run(stop.signal);
  await Promise.all([shared.synced, paged.synced]);
  await expect.poll(() => proxy.openWatches, { timeout: 20_000 }).toBe(2);
  hub.follow<KubeObject>(target, { onChange: late.onChange, onError });

  const views = [first, late, toldOfSecrets].map((told) => () => versionsOf(told.objects.values()));
  const log = troubleLog();
  const settled = { clean: [] as number[], silent: [] as number[] };
  const untilMs = performance.now() + run.durationMs - promiseMs;
  do {
    const writing = new AbortController();
    const writers = busy.map((each) => each.keepBusy(writing.signal, { writers: 2, pauseMs: 60 }));
    log.lastSilenceMs = undefined;
    if (settled.clean.length + settled.silent.length === 0) {
      // whatever the seed chooses, a list is due while objects change
      expect(proxy.sendError({ code: 410, reason: 'Expired' })).toBe(2);
    }
    const durationMs = Math.min(roundMs, untilMs - performance.now());
    // every other round is without: each of the two promises is put to the test
    const isSilenceAllowed =
      settled.silent.length <= settled.clean.length && performance.now() + durationMs + watchdogMs < untilMs;
    await makeTrouble(proxy, { run, durationMs, log, isSilenceAllowed });
    const overMs = performance.now();
    writing.abort();
    await Promise.all(writers);
    const [ofConfigMaps, ofSecrets] = await Promise.all(busy.map((each) => each.truth()));
    const truths = [ofConfigMaps, ofConfigMaps, ofSecrets].map((each) => each ?? new Map<string, string>());
    await settle(views, truths);
    const tookMs = performance.now() - overMs;
    const isSilent = log.lastSilenceMs !== undefined;
    settled[isSilent ? 'silent' : 'clean'].push(tookMs);
    expect(tookMs).toBeLessThan(isSilent ? watchdogMs + promiseMs : promiseMs);
  } while (performance.now() < untilMs);

  const busiest = ({ list, watch }: (typeof dials)['secrets']): string =>
    `${mostWithin(watch, 60_000)} watches, ${mostWithin(list, 60_000)} lists`;
  const seconds = (values: readonly number[]): string =>
    values.length === 0 ? 'none' : `${values.length} rounds, worst ${(Math.max(...values) / 1_000).toFixed(2)} s`;
  run.print({
    'faults that hit anybody, kinds': `${sum(log.struck)}, ${Object.keys(log.struck).length} of ${troubles.length}`,
    'requests, events and connections that they hit': log.strikes,
    'faults by kind': JSON.stringify(log.struck),
    'that hit nobody': JSON.stringify(log.missed),
    'failures that the watches saw': JSON.stringify(errors),
    'writes, changes told': `${busy[0]?.writes} + ${busy[1]?.writes}, ${first.changes} + ${toldOfSecrets.changes}`,
    'equal after the last fault': seconds(settled.clean),
    'equal after the last fault, with silence': seconds(settled.silent),
    'busiest minute, ConfigMaps': busiest(dials.configMaps),
    'busiest minute, Secrets': busiest(dials.secrets),
    'heap at the end, MB': Math.round(process.memoryUsage().heapUsed / 2 ** 20),
  });
  for (const times of [dials.configMaps, dials.secrets].flatMap(({ list, watch }) => [list, watch])) {
    expect(mostWithin(times, 60_000)).toBeLessThanOrEqual(maxAttemptsPerMinute);
  }
  // a follower that was told a wrong `before`; such an error has no code, and its text is its name
  expect(Object.keys(errors).filter((name) => name.startsWith('AssertionError'))).toEqual([]);
  expect(errors.API_GONE ?? 0).toBeGreaterThan(0);
  for (const { list } of [dials.configMaps, dials.secrets]) expect(list.length).toBeGreaterThan(1);
  expect(log.strikes).toBeGreaterThan(0);
  await expect.poll(() => proxy.openWatches, { timeout: 20_000 }).toBe(2);
  await expect.poll(() => proxy.connections, { timeout: 20_000 }).toBeLessThanOrEqual(3); // two watches; one may be idle
  expect(getEventListeners(stop.signal, 'abort').length).toBeLessThanOrEqual(3);
  expect(hub.watches()).toMatchObject([{ hasSynced: true, isFresh: true, objects: views[0]?.().size }]);

  stop.abort(new Error('the end'));
  await Promise.all([ended, hub.stopped()]);
  await expect.poll(() => proxy.openWatches, { timeout: 20_000 }).toBe(0);
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { EventOptions } from '../../../src/kube/event-object.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { serverError, tooManyRequests } from '../../support/chaos/fault.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { testCluster } from '../../support/test-context.ts';

interface Event extends KubeObject {
  readonly note: string;
  readonly reason: string;
  readonly series?: { readonly count: number };
}

let opened: OpenClient;
let client: KubeClient;
let namespace: string;
let monotonicMs = 0;
const errors: unknown[] = [];

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
  namespace = await createNamespace(client, 'kube-events');
});
afterAll(async () => {
  await opened.close();
});

const recorder = (): EventRecorder =>
  new EventRecorder(client, {
    controller: 'bookstore-operator',
    instance: 'pod-1',
    clock: { ...systemClock, monotonic: () => monotonicMs },
    onError: (error) => errors.push(error),
  });

async function subject(name: string): Promise<KubeObject> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
  return client.create(CoreResources.configMaps, object, { fieldManager: 'test' });
}

const installed: EventOptions = {
  type: 'Normal',
  reason: 'Installed',
  action: 'Install',
  note: 'release a/b revision 1',
};

async function eventsOf(object: KubeObject): Promise<readonly Event[]> {
  const { items } = await client.list<Event>(CoreResources.events, {
    namespace,
    fieldSelector: `regarding.uid=${object.metadata.uid}`,
  });
  return items;
}

describe('an Event', () => {
  it('is what kubectl describe shows below the object', async () => {
    const object = await subject('shown');
    const events = recorder();
    events.record(object, installed);
    await events.flush();
    const { kubectl, kubeconfig } = testCluster();
    const args = ['--kubeconfig', kubeconfig, '--namespace', namespace, 'describe', 'configmap', 'shown'];
    const { stdout } = await promisify(execFile)(kubectl, args);
    expect(stdout).toMatch(/Normal +Installed +\S+ +bookstore-operator +release a\/b revision 1/);
    expect(errors).toEqual([]);
  });

  it('that is repeated is counted, not written again; after ten minutes of silence it is news', async () => {
    const object = await subject('repeated');
    const events = recorder();
    const counted = async () => {
      await events.flush();
      const seen = await eventsOf(object);
      return seen.map(({ note, series }) => [note, series?.count ?? 1] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    };
    for (let count = 0; count < 3; count += 1) events.record(object, installed);
    expect(await counted()).toEqual([[installed.note, 3]]);
    monotonicMs += 599_999;
    events.record(object, installed);
    expect(await counted()).toEqual([[installed.note, 4]]);
    events.record(object, { ...installed, note: 'release a/b revision 2' });
    expect(await counted()).toEqual([
      ['release a/b revision 1', 4],
      ['release a/b revision 2', 1],
    ]);
    monotonicMs += 600_000;
    events.record(object, { ...installed, note: 'release a/b revision 2' });
    expect(await counted()).toHaveLength(3);
  });

  it('is one of few: an object that makes too many of different kinds loses the rest', async () => {
    const object = await subject('talkative');
    const results: string[] = [];
    const events = new EventRecorder(client, {
      controller: 'bookstore-operator',
      instance: 'pod-1',
      clock: { ...systemClock, monotonic: () => monotonicMs },
      observe: ({ result }) => results.push(result),
    });
    for (let count = 0; count < 40; count += 1) events.record(object, { ...installed, reason: `Reason${count}` });
    await events.flush();
    expect(await eventsOf(object)).toHaveLength(25);
    expect(results.filter((result) => result === 'dropped')).toHaveLength(15);
  });

  it('that differs from many in its note alone is shown in one that stands for the further ones', async () => {
    const object = await subject('verbose');
    const events = recorder();
    for (let count = 1; count <= 99; count += 1) events.record(object, { ...installed, note: `number ${count}` });
    await events.flush();
    events.record(object, { ...installed, note: `number 100 ${'x'.repeat(2_000)}` });
    await events.flush();
    expect(errors).toEqual([]);
    const seen = await eventsOf(object);
    expect(seen).toHaveLength(11);
    expect(seen.filter(({ series }) => series !== undefined)).toMatchObject([
      { note: expect.stringMatching(/^\(combined from similar events\): number 100 x+…$/), series: { count: 90 } },
    ]);
  });

  it('is about one object: the same words about another are news', async () => {
    const events = recorder();
    const objects = [await subject('one'), await subject('other')];
    for (const object of objects) events.record(object, installed);
    await events.flush();
    for (const object of objects) expect(await eventsOf(object)).toHaveLength(1);
  });

  it.each([
    ['plain text', 'x'.repeat(3_000), `${'x'.repeat(997)}…`],
    ['text of several bytes a character', '書'.repeat(1_000), `${'書'.repeat(332)}…`],
    ['text that fits', '書'.repeat(333), '書'.repeat(333)],
  ])('is cut to what the API server takes: %s', async (name, note, expected) => {
    const object = await subject(name.replaceAll(' ', '-'));
    const events = recorder();
    events.record(object, { ...installed, note });
    await events.flush();
    expect(errors).toEqual([]);
    expect(await eventsOf(object)).toMatchObject([{ note: expected }]);
  });

  it('about an object with a name as long as names may be is written too', async () => {
    const object = await subject(`${'a'.repeat(199)}.${'b'.repeat(53)}`);
    const events = recorder();
    events.record(object, installed);
    await events.flush();
    expect(errors).toEqual([]);
    expect(await eventsOf(object)).toHaveLength(1);
  });

  it('about a cluster-scoped object is in the namespace default', async () => {
    const object = await client.get(CoreResources.namespaces, { name: namespace });
    const events = recorder();
    events.record(object, installed);
    await events.flush();
    const fieldSelector = `regarding.uid=${object.metadata.uid}`;
    const { items } = await client.list(CoreResources.events, { namespace: 'default', fieldSelector });
    expect(items).toHaveLength(1);
  });

  it('that cannot be written is reported and harms nobody', async () => {
    const object = await subject('forbidden');
    const seen: unknown[] = [];
    const events = new EventRecorder(client.impersonating('nobody'), {
      controller: 'bookstore-operator',
      instance: 'pod-1',
      clock: systemClock,
      onError: (error) => seen.push(error),
    });
    events.record(object, installed);
    await events.flush();
    expect(seen).toMatchObject([{ code: 'API_FORBIDDEN' }]);
  });

  it('that could not be written is made by its repetition, with its count', async () => {
    const object = await subject('unwritten');
    const { kubeconfig, testRoot } = testCluster();
    await using proxy = await ChaosProxy.start({ kubeconfig });
    const proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'test' });
    const results: string[] = [];
    const events = new EventRecorder(proxied.client, {
      controller: 'bookstore-operator',
      instance: 'pod-1',
      clock: systemClock,
      observe: ({ result }) => results.push(result),
    });
    const outage = proxy.faults.add({ ...serverError(503), where: { path: /events/ } });
    events.record(object, installed);
    await events.flush();
    outage.end();
    expect([results, await eventsOf(object)]).toEqual([['failed'], []]);
    events.record(object, installed);
    events.record(object, installed);
    await events.flush();
    expect(await eventsOf(object)).toMatchObject([{ note: installed.note, series: { count: 3 } }]);
    await proxied.close();
  });

  it('that is throttled, as by EventRateLimit, holds back nothing but Events', async () => {
    const object = await subject('throttled');
    const { kubeconfig, testRoot } = testCluster();
    await using proxy = await ChaosProxy.start({ kubeconfig });
    const proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'test' });
    const events = new EventRecorder(proxied.client, { controller: 'c', instance: 'i', clock: systemClock });
    proxy.faults.add({ ...tooManyRequests(60), where: { path: /\/events$/ } });
    for (let count = 0; count < 5; count += 1) events.record(object, { ...installed, reason: `Reason${count}` });
    await expect.poll(() => proxy.log.count({ status: 429 })).toBe(4); // as many as are written at a time
    const startedMs = performance.now();
    await proxied.client.merge(
      CoreResources.configMaps,
      { data: { a: '1' } },
      { namespace, name: 'throttled', fieldManager: 'test' },
    );
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await events.flush({ timeoutMs: 1 });
    await proxied.close();
  });

  it('that is gone when it is to be counted, as after an hour, is made anew with its count', async () => {
    const object = await subject('expired');
    const events = recorder();
    events.record(object, installed);
    await events.flush();
    const [written] = await eventsOf(object);
    await client.delete(CoreResources.events, { namespace, name: written?.metadata.name ?? '' });
    for (let count = 0; count < 2; count += 1) events.record(object, installed);
    await events.flush();
    expect(errors).toEqual([]);
    expect(await eventsOf(object)).toMatchObject([{ note: installed.note, series: { count: 3 } }]);
    events.record(object, installed);
    await events.flush();
    expect(await eventsOf(object)).toMatchObject([{ series: { count: 4 } }]);
  });

  it.each([
    ['is being deleted', false],
    ['is gone', true],
  ])('is no trouble, and is not tried again, where its namespace %s', async (_name, isGone) => {
    const doomed = await createNamespace(client, 'kube-events-doomed');
    const metadata = { name: 'holds-on', namespace: doomed, finalizers: ['test.velotio.com/hold'] };
    const held = await client.create(
      CoreResources.configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata },
      { fieldManager: 'test' },
    );
    await client.delete(CoreResources.namespaces, { name: doomed });
    const release = () =>
      client.merge(
        CoreResources.configMaps,
        { metadata: { finalizers: null } },
        { ...metadata, name: 'holds-on', fieldManager: 'test' },
      );
    if (isGone) {
      await release();
      await expect
        .poll(() => client.find(CoreResources.namespaces, { name: doomed }), { timeout: 60_000 })
        .toBe(undefined);
    }
    const [seen, results]: [unknown[], string[]] = [[], []];
    const events = new EventRecorder(client, {
      controller: 'bookstore-operator',
      instance: 'pod-1',
      clock: systemClock,
      onError: (error) => seen.push(error),
      observe: ({ result }) => results.push(result),
    });
    for (let count = 0; count < 3; count += 1) {
      events.record(held, installed);
      await events.flush();
    }
    expect([seen, results]).toEqual([[], ['dropped']]);
    if (!isGone) await release();
  });
});

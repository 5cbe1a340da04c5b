import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import { LeaderElection, type LeaderElectionOptions } from '../../../src/kube/leader-election.ts';
import { KubeLease, type Lease, type LeaseStore } from '../../../src/kube/lease.ts';
import { releasedSpec } from '../../../src/kube/lease-observation.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import type { RequestObservation } from '../../../src/kube/request-sender.ts';
import { CoreResources, type Resource } from '../../../src/kube/resource.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { eventually } from '../../support/eventually.ts';
import { testCluster } from '../../support/test-context.ts';

const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  isNamespaced: true,
};
const fieldManager = 'test';
const short = { leaseDurationMs: 3_000 } as const;

let opened: OpenClient;
let client: KubeClient;
let namespace: string;
let count = 0;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
  namespace = await createNamespace(client, 'kube-leader');
});
afterAll(async () => {
  await opened.close();
});

interface Running {
  readonly election: LeaderElection;
  /** Releases, and waits for the end. */
  readonly stop: () => Promise<void>;
  readonly errors: unknown[];
  readonly lost: string[];
}
const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()));
});

/** A Lease that was released. */
async function freeLease(): Promise<string> {
  count += 1;
  const name = `lease-${count}`;
  const spec = releasedSpec('2026-01-01T00:00:00.000000Z');
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
  await client.create(leases, lease, { fieldManager });
  return name;
}

const storeOf = (name: string, as = client): LeaseStore =>
  new KubeLease({ client: as, namespace, name, fieldManager: 'bookstore-operator' });

/** The same Lease, where a call fails when `fault` gives an error. */
function behind(lease: LeaseStore, fault: () => ApiError | false): LeaseStore {
  const through = async <T>(call: () => Promise<T>): Promise<T> => {
    const error = fault();
    if (error !== false) throw error;
    return call();
  };
  return {
    key: lease.key,
    read: (signal) => through(() => lease.read(signal)),
    create: (...args) => through(() => lease.create(...args)),
    update: (...args) => through(() => lease.update(...args)),
    watch: (...args) => lease.watch(...args),
  };
}

function start(identity: string, options: Partial<LeaderElectionOptions> & { readonly lease: LeaseStore }): Running {
  const controller = new AbortController();
  const errors: unknown[] = [];
  const lost: string[] = [];
  const election = new LeaderElection({
    identity,
    onError: (error) => errors.push(error),
    onStoppedLeading: (reason) => void lost.push(reason.message),
    ...options,
  });
  const ended = election.run(controller.signal);
  const one = {
    election,
    errors,
    lost,
    stop: () => {
      controller.abort(new Error('stop'));
      return ended;
    },
  };
  running.push(one);
  return one;
}

/** What somebody does by hand. */
async function kubectl(args: readonly string[], stdin = ''): Promise<string> {
  const { kubectl: file, kubeconfig } = testCluster();
  const running = promisify(execFile)(file, ['--kubeconfig', kubeconfig, '-n', namespace, ...args]);
  running.child.stdin?.end(stdin);
  return (await running).stdout;
}

const emptyLease = (name: string): string =>
  JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec: {} });

/** Asks each millisecond who leads, in one turn of the event loop; the answer: which sets of leaders there were. */
function sample(electors: readonly Running[]): () => ReadonlySet<string> {
  const seen = new Set<string>();
  const look = (): void => {
    const leaders = electors.flatMap(({ election }) => (election.isLeading ? [election.identity] : []));
    seen.add(leaders.join(' and ') || 'nobody');
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    return seen;
  };
}

const read = (name: string): Promise<Lease> => client.get<Lease>(leases, { namespace, name });
const spec = async (name: string): Promise<Lease['spec']> => (await read(name)).spec;

describe('leader election', () => {
  it('hands over at once when the leader stops, and shows people who leads', async () => {
    const name = await freeLease();
    const long = { leaseDurationMs: 3_600_000, lease: storeOf(name) };
    const a = start('a', long);
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', long);
    await eventually(() => b.election.holder).toBe('a');
    await a.stop();
    await eventually(() => b.election.isLeading).toBe(true); // an hour would pass otherwise
    expect(await spec(name)).toMatchObject({
      holderIdentity: 'b',
      leaseDurationSeconds: 3600,
      leaseTransitions: 2,
      acquireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    });
    expect(await kubectl(['get', 'lease', name])).toMatch(new RegExp(`${name} +b `));
    await b.stop();
    expect((await spec(name))?.holderIdentity ?? '').toBe('');
  });

  it.each([
    ['emptied', ['replace', '-f', '-']],
    ['deleted and made anew', ['replace', '--force', '-f', '-']],
  ])('never has two leaders when the Lease is %s under a living one, which has it back', async (_what, args) => {
    const name = await freeLease();
    const a = start('a', { ...short, lease: storeOf(name) });
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', { ...short, lease: storeOf(name) });
    await eventually(() => b.election.holder).toBe('a');
    const sampled = sample([a, b]);
    await kubectl(args, emptyLease(name));
    await eventually(() => b.election.holder).toBeUndefined();
    await eventually(() => b.election.holder).toBe('a');
    await delay(short.leaseDurationMs);
    expect(sampled()).toEqual(new Set(['a']));
    expect([a.lost, a.errors, b.errors]).toEqual([[], [], []]);
  });

  it.each([
    ['emptied', ['replace', '-f', '-']],
    ['deleted and made anew', ['replace', '--force', '-f', '-']],
  ])('never has two leaders when the Lease is %s under one that is cut off', async (_what, args) => {
    const name = await freeLease();
    const lease = storeOf(name);
    let isCut = false;
    const cutOff = (): ApiError | false => isCut && new ApiError('API_UNREACHABLE', 'cut off');
    const a = start('a', { ...short, lease: behind(lease, cutOff) });
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', { ...short, lease });
    await eventually(() => b.election.holder).toBe('a');
    const electors = [a, b];
    const sampled = sample(electors);
    isCut = true;
    await kubectl(args, emptyLease(name));
    const c = start('c', { ...short, lease }); // it has never seen who held it
    electors.push(c);
    await eventually(() => b.election.isLeading || c.election.isLeading).toBe(true);
    isCut = false;
    await eventually(() => a.election.holder).toMatch(/^[bc]$/);
    expect([...sampled()]).toEqual(['a', 'nobody', expect.stringMatching(/^[bc]$/)]);
  });

  it.each([
    ['the name of a standby that has led before', (): object => ({ holderIdentity: 'b' })],
    ['a copy that was saved while a standby led', (saved: Lease): object => saved.spec ?? {}],
    ['the name of somebody who is dead', (): object => ({ holderIdentity: 'x' })],
  ])('never has two leaders when somebody writes into the Lease: %s', async (_what, specOf) => {
    const name = await freeLease();
    const lease = storeOf(name);
    let isCut = false;
    const b = start('b', { ...short, lease: behind(lease, () => isCut && new ApiError('API_UNREACHABLE', 'cut off')) });
    await eventually(() => b.election.isLeading).toBe(true);
    const saved = await read(name);
    const c = start('c', { ...short, lease });
    await eventually(() => c.election.holder).toBe('b');
    isCut = true;
    await eventually(() => c.election.isLeading).toBe(true);
    isCut = false;
    await eventually(() => b.election.holder).toBe('c');
    const sampled = sample([b, c]);
    const renewed = await spec(name);
    await eventually(async () => (await spec(name))?.renewTime).not.toBe(renewed?.renewTime);
    await kubectl(['patch', 'lease', name, '--type=merge', '-p', JSON.stringify({ spec: specOf(saved) })]);
    await eventually(() => c.election.isLeading).toBe(false);
    expect(c.lost.at(-1)).toMatch(/was taken by [bx]$/);
    await eventually(() => b.election.isLeading || c.election.isLeading).toBe(true);
    await delay(short.leaseDurationMs);
    expect([...sampled()]).toEqual(expect.arrayContaining(['c', 'nobody']));
    expect(sampled()).not.toContain('b and c');
  });

  it.each([
    ['under a living leader, which has it back', false],
    ['under one that is cut off', true],
  ])('never has two leaders when somebody shortens the lease: %s', async (_what, isCutOff) => {
    const name = await freeLease();
    const lease = storeOf(name);
    let isCut = false;
    const a = start('a', { ...short, lease: behind(lease, () => isCut && new ApiError('API_UNREACHABLE', 'cut off')) });
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', { ...short, lease });
    await eventually(() => b.election.holder).toBe('a');
    const sampled = sample([a, b]);
    const renewed = await spec(name);
    await eventually(async () => (await spec(name))?.renewTime).not.toBe(renewed?.renewTime);
    isCut = isCutOff;
    await kubectl(['patch', 'lease', name, '--type=merge', '-p', '{"spec":{"leaseDurationSeconds":1}}']);
    if (isCutOff) await eventually(() => b.election.isLeading).toBe(true);
    else await eventually(async () => (await spec(name))?.leaseDurationSeconds).toBe(3);
    await delay(short.leaseDurationMs);
    expect([...sampled()]).toEqual(isCutOff ? ['a', 'nobody', 'b'] : ['a']);
  });

  it('takes over from a leader that is cut off, which knows before', async () => {
    const name = await freeLease();
    const lease = storeOf(name);
    let isCut = false;
    const a = start('a', {
      ...short,
      lease: behind(lease, () => isCut && new ApiError('API_UNREACHABLE', 'cut off')),
    });
    await eventually(() => a.election.isLeading).toBe(true);
    const wasLeading: boolean[] = [];
    const b = start('b', { ...short, lease, onStartedLeading: () => wasLeading.push(a.election.isLeading) });
    await eventually(() => b.election.holder).toBe('a');
    isCut = true;
    await eventually(() => b.election.isLeading).toBe(true);
    expect(wasLeading).toEqual([false]);
    expect(a.lost).toEqual([`Lease ${namespace}/${name} could not be renewed within 2 s`]);
    isCut = false;
    await eventually(() => a.election.holder).toBe('b');
    expect(await spec(name)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 2 });
  });

  it('makes a Lease again that somebody deleted, without a change of leader', async () => {
    const name = await freeLease();
    const a = start('a', { ...short, lease: storeOf(name) });
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', { ...short, lease: storeOf(name) });
    await eventually(() => b.election.holder).toBe('a');
    const before = await read(name);
    await client.delete(leases, { namespace, name });
    const again = (): Promise<Lease | undefined> => client.find<Lease>(leases, { namespace, name });
    await eventually(async () => (await again())?.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 1 });
    expect((await again())?.metadata.uid).not.toBe(before.metadata.uid);
    expect([a.election.isLeading, b.election.isLeading, a.lost]).toEqual([true, false, []]);
  });

  it('goes on over a label that somebody sets, and over answers that are errors', async () => {
    const name = await freeLease();
    const lease = storeOf(name);
    let calls = 0;
    const a = start('a', {
      ...short,
      lease: behind(lease, () => {
        calls += 1;
        return calls % 3 === 0 && new ApiError('API_SERVER_ERROR', 'etcdserver: leader changed');
      }),
    });
    await eventually(() => a.election.isLeading).toBe(true);
    await client.merge(leases, { metadata: { labels: { touched: 'yes' } } }, { namespace, name, fieldManager });
    const touched = await spec(name);
    await eventually(async () => (await spec(name))?.renewTime).not.toBe(touched?.renewTime);
    await eventually(() => a.errors.length).toBeGreaterThan(1);
    expect([a.election.isLeading, a.lost]).toEqual([true, []]);
    expect((await read(name)).metadata.labels).toEqual({ touched: 'yes' });
  });

  it('lets one of two begin where there is no Lease yet', async () => {
    const electors = ['a', 'b'].map((identity) => start(identity, { ...short, lease: storeOf('lease-new') }));
    await eventually(() => electors.filter(({ election }) => election.isLeading)).toHaveLength(1);
    expect(await spec('lease-new')).toMatchObject({ leaseTransitions: 1 });
  });

  it('costs a standby one read and one watch', async () => {
    const name = await freeLease();
    const seen: RequestObservation[] = [];
    const { kubeconfig, testRoot } = testCluster();
    const counted = await openClient({ kubeconfig, homeDir: testRoot, observe: (each) => seen.push(each) });
    const a = start('a', { ...short, lease: storeOf(name) });
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', { ...short, lease: storeOf(name, counted.client) });
    for (let renewals = 0; renewals < 4; renewals += 1) {
      const before = await spec(name);
      await eventually(async () => (await spec(name))?.renewTime).not.toBe(before?.renewTime);
    }
    expect(b.election.isLeading).toBe(false);
    expect(seen.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)).toEqual([
      `GET ${name}`,
      'GET leases',
    ]);
    await b.stop();
    await counted.close();
  });

  it('needs the rights to get, create, patch and watch Leases, no more', async () => {
    const name = await freeLease();
    const [api, user] = ['rbac.authorization.k8s.io', `system:serviceaccount:${namespace}:elector`];
    const rbac = { group: api, version: 'v1', isNamespaced: true };
    await client.create(
      { ...rbac, kind: 'Role', plural: 'roles' },
      {
        apiVersion: `${api}/v1`,
        kind: 'Role',
        metadata: { name: 'elector', namespace },
        rules: [
          { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
          {
            apiGroups: ['coordination.k8s.io'],
            resources: ['leases'],
            resourceNames: [name],
            verbs: ['get', 'patch', 'watch'],
          },
        ],
      },
      { fieldManager },
    );
    await client.create(
      { ...rbac, kind: 'RoleBinding', plural: 'rolebindings' },
      {
        apiVersion: `${api}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'elector', namespace },
        roleRef: { apiGroup: api, kind: 'Role', name: 'elector' },
        subjects: [{ apiGroup: api, kind: 'User', name: user }],
      },
      { fieldManager },
    );
    const lease = storeOf(name, client.impersonating(user));
    const a = start('a', { ...short, lease });
    await eventually(() => a.election.isLeading).toBe(true);
    const b = start('b', { ...short, lease });
    await eventually(() => b.election.holder).toBe('a');
    await client.delete(leases, { namespace, name });
    await eventually(async () => (await client.find<Lease>(leases, { namespace, name }))?.spec?.holderIdentity).toBe(
      'a',
    );
    await a.stop();
    await eventually(() => b.election.isLeading).toBe(true);
    expect([...a.errors, ...b.errors]).toEqual([]);
  });

  it('fences what a client writes', async () => {
    const name = await freeLease();
    const a = start('a', { ...short, lease: storeOf(name) });
    const fenced = client.fencedBy(() => a.election.assertLeading());
    const write = (): Promise<unknown> =>
      fenced.create(
        CoreResources.configMaps,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'act-', namespace } },
        { fieldManager },
      );
    await eventually(() => a.election.isLeading).toBe(true);
    await write();
    await a.stop();
    await expect(write()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    const { items } = await client.list(CoreResources.configMaps, { namespace });
    expect(items.filter(({ metadata }) => metadata.name.startsWith('act-'))).toHaveLength(1);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import { ObjectStore, type StoreChange } from '../../../src/kube/object-store.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { Reflector, type ReflectorOptions } from '../../../src/kube/reflector.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { eventually } from '../../support/eventually.ts';
import { testCluster } from '../../support/test-context.ts';

const { configMaps } = CoreResources;
const fieldManager = 'test';
const labelSelector = 'reflected=yes';
let opened: OpenClient;
let client: KubeClient;
let namespace: string;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
});
afterAll(async () => {
  await opened.close();
});

/** One reflector, running. */
interface Running {
  readonly store: ObjectStore<KubeObject>;
  /** `+name`, `~name` or `-name` for what appeared, changed, went. */
  readonly changes: string[];
  readonly errors: unknown[];
  readonly reflector: Reflector<KubeObject>;
  readonly stop: () => Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

function start(change: Partial<ReflectorOptions<KubeObject>> = {}): Running {
  const store = change.store ?? new ObjectStore<KubeObject>();
  const changes: string[] = [];
  const errors: unknown[] = [];
  const controller = new AbortController();
  const reflector = new Reflector<KubeObject>({
    client,
    resource: configMaps,
    namespace,
    labelSelector,
    store,
    onChange: ({ before, after }: StoreChange<KubeObject>) => {
      const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
      changes.push(`${sign}${(after ?? before)?.metadata.name}`);
    },
    onError: (error) => errors.push(error),
    ...change,
  });
  const ended = reflector.run(controller.signal);
  const each = {
    store,
    changes,
    errors,
    reflector,
    ended,
    stop: async () => {
      controller.abort(new Error('stopped by the test'));
      await ended;
    },
  };
  running.push(each);
  return each;
}

async function create(name: string, labels: Readonly<Record<string, string>> = { reflected: 'yes' }): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data: { a: '1' } };
  await client.create(configMaps, object, { fieldManager });
}

async function patch(name: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  await client.merge(configMaps, change, { namespace, name, fieldManager });
}

const remove = (name: string): Promise<unknown> => client.delete(configMaps, { namespace, name });

/** The client, but with another `watch`. */
function withWatch(
  watch: (real: KubeClient['watch'], ...args: Parameters<KubeClient['watch']>) => ReturnType<KubeClient['watch']>,
): KubeClient {
  return new Proxy(client, {
    get: (target, property) => {
      if (property === 'watch')
        return (...args: Parameters<KubeClient['watch']>) => watch(target.watch.bind(target), ...args);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('a reflector', () => {
  beforeAll(async () => {
    namespace = await createNamespace(client, 'kube-reflector');
  });

  it('takes in what is there, then each change in order', async () => {
    await create('there');
    await create('other', { reflected: 'no' });
    const { store, changes, errors, reflector } = start();
    expect(reflector.hasSynced).toBe(false);
    await reflector.synced;
    expect(changes).toEqual(['+there']);
    await create('new');
    await patch('new', { data: { a: '2' } });
    await remove('there');
    await remove('new');
    await eventually(() => changes).toEqual(['+there', '+new', '~new', '-there', '-new']);
    expect(store.size).toBe(0);
    expect(reflector.hasSynced).toBe(true);
    expect(reflector.lastHeardMs).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  });

  it('sees an object come and go as its labels change', async () => {
    await create('turning', { reflected: 'no' });
    const { store, changes, reflector } = start();
    await reflector.synced;
    await patch('turning', { metadata: { labels: { reflected: 'yes' } } });
    await patch('turning', { metadata: { labels: { reflected: 'no' } } });
    await patch('turning', { metadata: { labels: { reflected: 'yes' } } });
    await eventually(() => changes).toEqual(['+turning', '-turning', '+turning']);
    expect(store.size).toBe(1);
    await remove('turning');
    await eventually(() => changes.at(-1)).toBe('-turning');
  });

  it('keeps metadata alone, and what strip leaves of it', async () => {
    await create('bare');
    const strip = (object: KubeObject): KubeObject => {
      const { name, uid, resourceVersion } = object.metadata;
      return { metadata: { name, uid, resourceVersion, namespace } };
    };
    const { store, reflector } = start({ isMetadataOnly: true, strip });
    await reflector.synced;
    const held = store.get(`${namespace}/bare`);
    expect(Object.keys(held ?? {})).toEqual(['metadata']);
    expect(held?.metadata).not.toHaveProperty('labels');
    await remove('bare');
    await eventually(() => store.size).toBe(0);
  });

  it('shares a store with that of another namespace: a new list of one leaves the other’s objects alone', async () => {
    const first = namespace;
    const store = new ObjectStore<KubeObject>();
    const sync = async (): Promise<void> => start({ store, namespace }).reflector.synced;
    await create('mine');
    await sync();
    namespace = await createNamespace(client, 'kube-reflector-other');
    await create('yours');
    await sync();
    expect([...store.keys()].sort()).toEqual([`${first}/mine`, `${namespace}/yours`].sort());
    await remove('yours');
    namespace = first;
    await remove('mine');
    await eventually(() => store.size).toBe(0);
  });

  it('lists again when its version is too old, and notices what went in the gap', async () => {
    await create('stays');
    await create('goes');
    let watches = 0;
    const faulty = withWatch(async (watch, ...args) => {
      watches += 1;
      if (watches > 1) return watch(...args);
      await remove('goes');
      await create('comes');
      throw new ApiError('API_GONE', 'too old resource version', { status: 410 });
    });
    const { store, changes, errors } = start({ client: faulty });
    await eventually(() => watches).toBeGreaterThan(1);
    await eventually(() => [...store.keys()].sort()).toEqual([`${namespace}/comes`, `${namespace}/stays`]);
    expect(changes).toContain('-goes');
    expect(errors).toMatchObject([{ code: 'API_GONE' }]);
    for (const name of ['stays', 'comes']) await remove(name);
    await eventually(() => store.size).toBe(0);
  });

  it('goes on from where it was after a lost connection, without another list', async () => {
    await create('before');
    let [watches, lists] = [0, 0];
    const faulty = withWatch(async (watch, ...args) => {
      watches += 1;
      if (watches > 1) return watch(...args);
      await create('meanwhile');
      throw new ApiError('API_UNREACHABLE', 'connection refused');
    });
    const counting = new Proxy(faulty, {
      get: (target, property) => {
        if (property === 'pages') lists += 1;
        return Reflect.get(target, property, target) as unknown;
      },
    });
    const { changes, errors } = start({ client: counting });
    await eventually(() => changes).toEqual(['+before', '+meanwhile']);
    expect({ lists, errors }).toMatchObject({ lists: 1, errors: [{ code: 'API_UNREACHABLE' }] });
    for (const name of ['before', 'meanwhile']) await remove(name);
  });

  it('dials again when a watch is silent for too long', async () => {
    let watches = 0;
    const silent = withWatch((watch, resource, options) => {
      watches += 1;
      if (watches > 1) return watch(resource, options);
      const nothing = new Promise<never>((_resolve, reject) => {
        options.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
      return Promise.resolve({ [Symbol.asyncIterator]: () => ({ next: () => nothing }) });
    });
    const { changes, errors, reflector } = start({ client: silent, watchdogMs: 50 });
    await reflector.synced;
    await create('heard');
    await eventually(() => changes).toEqual(['+heard']);
    expect(errors[0]).toMatchObject({ code: 'API_TIMEOUT', message: expect.stringContaining('silent') });
    await remove('heard');
  });

  it('ends when it is stopped: in a watch, in its first list, and before', async () => {
    const watching = start();
    await watching.reflector.synced;
    await watching.stop();
    const listing = start();
    await listing.stop();
    await create('last');
    const inChange: Running = start({ onChange: () => void inChange.stop() });
    await inChange.ended;
    expect([...watching.errors, ...listing.errors, ...inChange.errors]).toEqual([]);
    await remove('last');
  });
});

describe('an API server that is not there', () => {
  it('is an error for a call, and something that a reflector outlives', async () => {
    const { server } = testCluster();
    const { readFile, writeFile } = await import('node:fs/promises');
    const kubeconfig = `${testCluster().testRoot}/kubeconfig-nobody`;
    await writeFile(
      kubeconfig,
      (await readFile(testCluster().kubeconfig, 'utf8')).replaceAll(server, 'https://127.0.0.1:1'),
    );
    const nobody = await openClient({ kubeconfig, homeDir: '/nonexistent', userAgent: 'test' });
    const call = nobody.client.list(configMaps, { namespace: 'default' });
    await expect(call).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const { errors, reflector, stop } = start({ client: nobody.client });
    await eventually(() => errors.length).toBeGreaterThan(0);
    expect(reflector.hasSynced).toBe(false);
    await stop();
    await nobody.close();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { testCluster } from '../../support/test-context.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const { configMaps, deployments, namespaces } = CoreResources;
const services = { ...configMaps, kind: 'Service', plural: 'services' } as const;
const fieldManager = 'test';
let opened: OpenClient;
let client: KubeClient;
let namespace: string;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
  namespace = await createNamespace(client, 'kube-client');
});
afterAll(async () => {
  await opened.close();
});

function configMap(name: string, extra: Record<string, unknown> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, ...extra };
}

const create = (name: string, data: Readonly<Record<string, string>> = {}): Promise<ConfigMap> =>
  client.create<ConfigMap>(configMaps, configMap(name, { data }), { fieldManager });

describe('a client', () => {
  it('knows its server and its context', () => {
    expect(client).toMatchObject({
      server: testCluster().server,
      context: expect.stringContaining('test'),
      namespace: 'default',
    });
  });

  it('creates, reads, and finds', async () => {
    const created = await create('made', { a: '1' });
    expect(created.metadata).toMatchObject({ name: 'made', namespace, uid: expect.any(String) });
    expect(await client.get<ConfigMap>(configMaps, { namespace, name: 'made' })).toMatchObject({ data: { a: '1' } });
    expect(await client.find(configMaps, { namespace, name: 'made' })).toMatchObject({ kind: 'ConfigMap' });
    expect(await client.find(configMaps, { namespace, name: 'nobody' })).toBeUndefined();
  });

  it('reads metadata alone', async () => {
    await create('large', { a: 'x'.repeat(1_000) });
    const read = await client.get<ConfigMap>(configMaps, { namespace, name: 'large', isMetadataOnly: true });
    expect(read.metadata.name).toBe('large');
    expect(read).not.toHaveProperty('data');
  });

  it('creates, and is sent no more than the metadata where that is enough', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'brief', namespace }, data: { a: 'x' } };
    const created = await client.create<ConfigMap>(configMaps, object, { fieldManager, isMetadataOnly: true });
    expect(created).toMatchObject({
      kind: 'PartialObjectMetadata',
      metadata: { name: 'brief', uid: expect.any(String) },
    });
    expect(created).not.toHaveProperty('data');
    expect(await client.get<ConfigMap>(configMaps, { namespace, name: 'brief' })).toMatchObject({ data: { a: 'x' } });
  });

  it('says that there is none, that there is one already, and what is wrong with one', async () => {
    await expect(client.get(configMaps, { namespace, name: 'nobody' })).rejects.toMatchObject({
      code: 'API_NOT_FOUND',
      message: `cannot get configmaps ${namespace}/nobody: configmaps "nobody" not found`,
    });
    await create('twice');
    await expect(create('twice')).rejects.toMatchObject({ code: 'API_ALREADY_EXISTS', status: 409 });
    await expect(create('Not_A_Name')).rejects.toMatchObject({ code: 'API_INVALID', isTerminal: true });
  });

  it('has unknown fields rejected, when it creates, applies and patches', async () => {
    const wrong = configMap('strict', { dta: { a: '1' } });
    const options = { namespace, fieldManager };
    const expected = { code: 'API_INVALID', message: expect.stringContaining('dta') };
    await create('patched');
    await expect(client.create(configMaps, wrong, options)).rejects.toMatchObject(expected);
    await expect(client.apply(configMaps, wrong, options)).rejects.toMatchObject(expected);
    const patch = client.merge(configMaps, { dta: {} }, { ...options, name: 'patched' });
    await expect(patch).rejects.toMatchObject(expected);
    expect(await client.find(configMaps, { namespace, name: 'strict' })).toBeUndefined();
  });

  it('stores nothing in a dry run', async () => {
    const made = await client.create(configMaps, configMap('dry'), { fieldManager, isDryRun: true });
    expect(made.metadata.name).toBe('dry');
    expect(await client.find(configMaps, { namespace, name: 'dry' })).toBeUndefined();
  });

  it('applies what is its own, by force, and lets others’ fields be', async () => {
    await create('applied', { mine: 'old', theirs: 'kept' });
    const object = configMap('applied', { data: { mine: 'new' } });
    const applied = await client.apply<ConfigMap>(configMaps, object, { fieldManager: 'somebody-else' });
    expect(applied.data).toEqual({ mine: 'new', theirs: 'kept' });
    const manager = applied.metadata.managedFields?.find((entry) => entry.manager === 'somebody-else');
    expect(manager?.operation).toBe('Apply');
    // what is applied no more goes
    const without = await client.apply<ConfigMap>(configMaps, configMap('applied'), { fieldManager: 'somebody-else' });
    expect(without.data).toEqual({ theirs: 'kept' });
  });

  it('applies a status without touching the rest', async () => {
    const name = await createNamespace(client, 'kube-client-status');
    const condition = {
      type: 'Tested',
      status: 'True',
      reason: 'Test',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { conditions: [condition] } };
    const applied = await client.apply(namespaces, object, { fieldManager, subresource: 'status' });
    expect(applied).toMatchObject({ status: { phase: 'Active', conditions: [{ type: 'Tested' }] } });
  });

  it('patches, on condition of a version where one is given', async () => {
    const { metadata } = await create('versioned', { a: '1', b: '1' });
    const options = { namespace, name: 'versioned', fieldManager };
    const { resourceVersion } = metadata;
    const patched = await client.merge<ConfigMap>(
      configMaps,
      { metadata: { resourceVersion }, data: { a: null, b: '2' } },
      options,
    );
    expect(patched.data).toEqual({ b: '2' });
    const late = client.merge(configMaps, { metadata: { resourceVersion }, data: { b: '3' } }, options);
    await expect(late).rejects.toMatchObject({ code: 'API_CONFLICT' });
  });

  it('deletes only the very object that is meant, and is content when it is gone', async () => {
    const { metadata } = await create('doomed');
    const options = { namespace, name: 'doomed' };
    const other = client.delete(configMaps, { ...options, uid: '00000000-0000-0000-0000-000000000000' });
    await expect(other).rejects.toMatchObject({ code: 'API_CONFLICT' });
    expect(await client.find(configMaps, options)).toBeDefined();
    expect(await client.delete(configMaps, { ...options, uid: metadata.uid })).toBe('gone');
    expect(await client.delete(configMaps, options)).toBe('absent');
  });

  it('deletes only what has not changed since', async () => {
    const { metadata } = await create('changed-since');
    const options = { namespace, name: 'changed-since', uid: metadata.uid };
    const changed = await client.merge(configMaps, { data: { a: '2' } }, { ...options, fieldManager });
    const late = client.delete(configMaps, { ...options, resourceVersion: metadata.resourceVersion });
    await expect(late).rejects.toMatchObject({ code: 'API_CONFLICT' });
    const { resourceVersion } = changed.metadata;
    expect(await client.delete(configMaps, { namespace, name: 'changed-since', resourceVersion })).toBe('gone');
  });

  it('tells what a finalizer holds from what is gone, also where the answer is the object itself', async () => {
    const { metadata } = await create('held');
    const options = { namespace, name: 'held' };
    const finalize = (finalizers: readonly string[]) =>
      client.merge(configMaps, { metadata: { finalizers } }, { ...options, fieldManager });
    await finalize(['test.velotio.com/held']);
    expect(await client.delete(configMaps, { ...options, uid: metadata.uid })).toBe('going');
    await finalize([]);
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'held', namespace },
      spec: { ports: [{ port: 80 }] },
    };
    await client.create(services, service, { fieldManager });
    expect(await client.delete(services, options)).toBe('gone');
  });

  it.each(['', '.', '..', '../secrets/x'])('never deletes anything else for the name %j', async (name) => {
    const neighbour = await createNamespace(client, 'kube-client-neighbour');
    const rootCa = { namespace: neighbour, name: 'kube-root-ca.crt' }; // a controller puts it there, some time later
    await expect.poll(() => client.find(configMaps, rootCa), { timeout: 60_000 }).toBeDefined();
    const deletion = client.delete(configMaps, { namespace: neighbour, name });
    if (name.includes('/')) expect(await deletion).toBe('absent');
    else await expect(deletion).rejects.toMatchObject({ code: 'API_INVALID' });
    const found = await client.get(namespaces, { name: neighbour });
    expect(found.metadata.deletionTimestamp).toBeUndefined();
    expect(await client.find(configMaps, rootCa)).toBeDefined();
  });
});

describe('a listing', () => {
  const names = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'];
  let pageNamespace: string;

  beforeAll(async () => {
    pageNamespace = await createNamespace(client, 'kube-client-pages');
    for (const name of names) {
      const metadata = {
        name,
        namespace: pageNamespace,
        labels: { parity: Number(name.at(-1)) % 2 === 0 ? 'even' : 'odd' },
      };
      await client.create(
        configMaps,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } },
        { fieldManager },
      );
    }
  });
  const options = () => ({ namespace: pageNamespace, labelSelector: 'parity' });

  it('gives every object once, page by page, all of one version', async () => {
    const sizes: number[] = [];
    const versions = new Set<string>();
    const seen: string[] = [];
    for await (const page of client.pages(configMaps, { ...options(), pageSize: 2 })) {
      sizes.push(page.items.length);
      versions.add(page.resourceVersion);
      seen.push(...page.items.map(({ metadata }) => metadata.name));
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(versions.size).toBe(1);
    expect(seen).toEqual(names);
  });

  it('is whole and has a version to watch from', async () => {
    const list = await client.list(configMaps, { ...options(), pageSize: 2 });
    expect(list.items).toHaveLength(5);
    expect(list.resourceVersion).toMatch(/^\d+$/);
  });

  it('is narrowed by labels and fields', async () => {
    const even = await client.list(configMaps, { ...options(), labelSelector: 'parity=even' });
    expect(even.items.map(({ metadata }) => metadata.name)).toEqual(['page-2', 'page-4']);
    const one = await client.list(configMaps, { namespace: pageNamespace, fieldSelector: 'metadata.name=page-3' });
    expect(one.items.map(({ metadata }) => metadata.name)).toEqual(['page-3']);
  });

  it('of metadata alone carries no data, and an empty one is empty', async () => {
    const list = await client.list<ConfigMap>(configMaps, { ...options(), isMetadataOnly: true, pageSize: 2 });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(names);
    for (const item of list.items) expect(item).not.toHaveProperty('data');
    const none = await client.list(deployments, { namespace: pageNamespace, isMetadataOnly: true });
    expect(none.items).toEqual([]);
  });

  it('reaches over all namespaces', async () => {
    const { items } = await client.list(configMaps, { labelSelector: 'parity=odd' });
    expect(items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toContain(`${pageNamespace}/page-1`);
  });
});

describe('somebody else', () => {
  it('may do no more than he may himself', async () => {
    const account = client.impersonating(`system:serviceaccount:${namespace}:default`);
    await create('private');
    for (const attempt of [
      () => account.get(configMaps, { namespace, name: 'private' }),
      () => account.list(configMaps, { namespace }),
      () => account.delete(configMaps, { namespace, name: 'private' }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'API_FORBIDDEN',
        message: expect.stringContaining(`system:serviceaccount:${namespace}:default`),
        remedy: expect.stringContaining('can-i'),
      });
    }
    expect(await client.find(configMaps, { namespace, name: 'private' })).toBeDefined();
  });
});

// What the sources of values cost the API server, and whom a change is told: on the real one, through a proxy that counts.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectInput } from '../../../src/kube/objects.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import type { Values } from '../../../src/operator/values/values.ts';
import type { ValuesReader } from '../../../src/operator/values/values-sources.ts';
import type { ValuesReference } from '../../../src/watches/watch-entry.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { SourcesBench } from '../../support/sources-bench.ts';

const fieldManager = 'test';
const { secrets, configMaps } = CoreResources;
let direct: OpenClient;
let namespace: string;

beforeAll(async () => {
  direct = await openTestClient();
});
beforeEach(async () => {
  namespace = await createNamespace(direct.client, 'op-sources');
});
afterAll(async () => {
  await direct.close();
});

const secret = (name: string, valuesKey = 'values.yaml'): ValuesReference => ({
  kind: 'Secret',
  name,
  valuesKey,
  optional: true,
});
const configMap = (name: string, valuesKey = 'values.yaml'): ValuesReference => ({
  ...secret(name, valuesKey),
  kind: 'ConfigMap',
});

/** Writes a Secret or ConfigMap. */
async function put({ kind, name }: ValuesReference, data: Record<string, string>, labels = {}): Promise<void> {
  const content = kind === 'Secret' ? { stringData: data } : { data };
  const object: ObjectInput = { apiVersion: 'v1', kind, metadata: { name, namespace, labels }, ...content };
  await direct.client.apply(kind === 'Secret' ? secrets : configMaps, object, { fieldManager });
}

const read = (reader: ValuesReader, key: string, ...references: readonly ValuesReference[]): Promise<Values> =>
  readIn(namespace, { reader, key, references });

const readIn = async (
  place: string,
  what: { readonly reader: ValuesReader; readonly key: string; readonly references: readonly ValuesReference[] },
): Promise<Values> => {
  const { reader, key, references } = what;
  const signal = AbortSignal.timeout(60_000);
  return (await reader.read(key, { references, namespace: place, signal })).values;
};

describe('the API server is asked', () => {
  test('nothing as long as nobody refers to anything', async () => {
    await using bench = await SourcesBench.start(namespace);
    const reader = bench.reader('shops');
    expect(await read(reader, 'a')).toEqual({});
    reader.forget('a');
    expect(bench.proxy.log.count()).toBe(0);
  });

  test('for the kinds that are referred to, once for all readers, and for no Helm record', async () => {
    await using bench = await SourcesBench.start(namespace);
    await put(secret('one'), { 'values.yaml': 'a: 1' });
    await put(secret('sh.helm.release.v1.x.v1'), { release: 'x' }, { owner: 'helm' });
    expect(await read(bench.reader('shops'), 'a', secret('one'))).toEqual({ a: 1 });
    expect(await read(bench.reader('others'), 'a', secret('one'))).toEqual({ a: 1 });
    await expect.poll(() => bench.collections).toEqual(['secrets', 'secrets (watch)']);
    for (const { url, path } of bench.proxy.log.list({ path: /\/secrets$/ })) {
      expect(path).toBe(`/api/v1/namespaces/${namespace}/secrets`);
      expect(new URL(url, bench.proxy.url).searchParams.get('labelSelector')).toBe('owner!=helm');
    }
    expect(await read(bench.reader('others'), 'a', configMap('none'))).toEqual({});
    await expect.poll(() => bench.collections).toHaveLength(4);
    expect(bench.gets).toBe(2);
  });

  test('for content only when it changed, however often it is read', async () => {
    await using bench = await SourcesBench.start(namespace);
    const [shops, others] = [bench.reader('shops'), bench.reader('others')];
    await put(secret('one'), { 'values.yaml': 'a: 1' });
    for (let pass = 0; pass < 3; pass += 1) {
      expect(await read(shops, 'a', secret('one'))).toEqual({ a: 1 });
      expect(await read(others, 'b', secret('one'), configMap('none'))).toEqual({ a: 1 });
    }
    expect(bench.gets).toBe(2); // what is not there is asked for once, too
    await put(secret('one'), { 'values.yaml': 'a: 2' });
    await put(configMap('none'), { 'values.yaml': 'b: 1' });
    await expect.poll(() => bench.told).toEqual(expect.arrayContaining(['shops a', 'others b']));
    await expect.poll(() => read(others, 'b', secret('one'), configMap('none'))).toEqual({ a: 2, b: 1 });
    expect(await read(shops, 'a', secret('one'))).toEqual({ a: 2 });
    expect(bench.gets).toBe(4);
  });

  test('once more for a key of the same object that nobody referred to before', async () => {
    await using bench = await SourcesBench.start(namespace);
    const shops = bench.reader('shops');
    await put(configMap('one'), { x: 'a: 1', y: 'a: 2' });
    expect(await read(shops, 'a', configMap('one', 'x'))).toEqual({ a: 1 });
    expect(await read(shops, 'b', configMap('one', 'y'))).toEqual({ a: 2 });
    expect(await read(shops, 'b', configMap('one', 'y'), configMap('one', 'z'))).toEqual({ a: 2 });
    expect(bench.gets).toBe(3);
    for (const key of ['x', 'y', 'z']) await read(shops, 'c', configMap('one', key));
    expect(bench.gets).toBe(3);
  });

  test('once for all keys that are referred to', async () => {
    await using bench = await SourcesBench.start(namespace);
    await put(secret('one'), { x: 'a: 1', y: 'b: 2' });
    const both = [secret('one', 'x'), secret('one', 'y'), configMap('none'), configMap('none', 'x')];
    expect(await read(bench.reader('shops'), 'a', ...both)).toEqual({ a: 1, b: 2 });
    expect(bench.gets).toBe(2);
  });

  test('each time for a Secret that passes itself off as a Helm record: the watch does not show it', async () => {
    await using bench = await SourcesBench.start(namespace);
    const shops = bench.reader('shops');
    await put(secret('one'), { 'values.yaml': 'a: 1' }, { owner: 'helm' });
    expect(await read(shops, 'a', secret('one'))).toEqual({ a: 1 });
    await put(secret('one'), { 'values.yaml': 'a: 2' }, { owner: 'helm' });
    expect(await read(shops, 'a', secret('one'))).toEqual({ a: 2 });
    expect(bench.gets).toBe(2);
  });
});

describe('a change is told', () => {
  test('to all who refer to the object, and to nobody else', async () => {
    await using bench = await SourcesBench.start(namespace);
    const [shops, others] = [bench.reader('shops'), bench.reader('others')];
    await Promise.all(['one', 'two'].map((name) => put(secret(name), { 'values.yaml': '' })));
    await read(shops, 'a', secret('one'));
    await read(shops, 'b', secret('one'), secret('two'));
    await read(shops, 'c', secret('two'));
    await read(others, 'a', secret('one'));
    await read(others, 'd', configMap('one'));
    await expect.poll(() => bench.proxy.openWatches).toBe(2);
    bench.told.length = 0;
    await put(secret('one'), { 'values.yaml': 'a: 1' });
    await expect.poll(() => bench.told.toSorted()).toEqual(['others a', 'shops a', 'shops b']);
  });

  test('whether it appears, changes, goes, or is replaced by another of its name', async () => {
    await using bench = await SourcesBench.start(namespace);
    const shops = bench.reader('shops');
    const one = secret('one');
    expect(await read(shops, 'a', one)).toEqual({});
    await expect.poll(() => bench.proxy.openWatches).toBe(1);
    const toldAgain = async (change: () => Promise<unknown>, expected: Values) => {
      bench.told.length = 0;
      await change();
      await expect.poll(() => bench.told.includes('shops a')).toBe(true);
      await expect.poll(() => read(shops, 'a', one)).toEqual(expected);
    };
    const remove = () => direct.client.delete(secrets, { namespace, name: 'one' });
    await toldAgain(() => put(one, { 'values.yaml': 'a: 1' }), { a: 1 });
    await toldAgain(() => put(one, { 'values.yaml': 'a: 2' }), { a: 2 });
    await toldAgain(remove, {});
    await toldAgain(() => put(one, { 'values.yaml': 'a: 3' }), { a: 3 });
    await toldAgain(
      async () => {
        await remove();
        await put(one, { 'values.yaml': 'a: 4' });
      },
      { a: 4 },
    );
  });

  test('not to who refers to it no longer, or is gone', async () => {
    await using bench = await SourcesBench.start(namespace);
    const shops = bench.reader('shops');
    await Promise.all(['one', 'two'].map((name) => put(secret(name), { 'values.yaml': '' })));
    for (const key of ['a', 'b', 'c', 'd']) await read(shops, key, secret('one'));
    await read(shops, 'a', secret('two'));
    await read(shops, 'b');
    shops.forget('c');
    await expect.poll(() => bench.proxy.openWatches).toBe(1);
    bench.told.length = 0;
    await put(secret('one'), { 'values.yaml': 'a: 1' });
    await expect.poll(() => bench.told).toEqual(['shops d']);
  });
});

describe('where the watch cannot be kept', () => {
  const forbidden = { kind: 'status', code: 403, reason: 'Forbidden' } as const;

  test('values are read on each pass, one warning names the missing right, and the watch is taken up when it can', async () => {
    await using bench = await SourcesBench.start(namespace);
    const shops = bench.reader('shops');
    await put(configMap('one'), { 'values.yaml': 'a: 1' });
    const fault = bench.proxy.faults.add({ ...forbidden, where: { path: /\/configmaps$/ } });
    for (let pass = 1; pass <= 3; pass += 1) {
      expect(await read(shops, 'a', configMap('one'))).toEqual({ a: 1 });
      expect(bench.gets).toBe(pass);
    }
    await put(configMap('one'), { 'values.yaml': 'a: 2' });
    expect(await read(shops, 'a', configMap('one'))).toEqual({ a: 2 });
    await expect.poll(() => fault.hits, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(bench.logged).toHaveLength(1);
    expect(JSON.parse(bench.logged[0] ?? '')).toMatchObject({
      level: 'warn',
      missing: 'list and watch configmaps',
    });
    fault.end();
    await expect.poll(() => bench.proxy.openWatches, { timeout: 60_000 }).toBe(1);
    await read(shops, 'a', configMap('one'));
    const before = bench.gets;
    await read(shops, 'a', configMap('one'));
    expect(bench.gets).toBe(before);
  });

  test('in one namespace, it is believed in the others', async () => {
    const other = await createNamespace(direct.client, 'op-sources');
    await using bench = await SourcesBench.start(namespace, other);
    const reader = bench.reader('shops');
    bench.proxy.faults.add({ ...forbidden, where: { path: new RegExp(`/${other}/secrets$`) } });
    const getsOf = async (place: string): Promise<number> => {
      const before = bench.gets;
      await readIn(place, { reader, key: `${place}/a`, references: [secret('one')] });
      return bench.gets - before;
    };
    await getsOf(namespace);
    await expect.poll(() => getsOf(namespace)).toBe(0);
    expect([await getsOf(other), await getsOf(other), await getsOf(namespace)]).toEqual([1, 1, 0]);
  });

  test('values are read on each pass as long as the watch has not been heard of', async () => {
    await using bench = await SourcesBench.start(namespace);
    const shops = bench.reader('shops');
    await put(secret('one'), { 'values.yaml': 'a: 1' });
    await read(shops, 'a', secret('one'));
    await read(shops, 'a', secret('one'));
    expect(bench.gets).toBe(1);
    bench.passedMs = 200_000;
    await read(shops, 'a', secret('one'));
    await read(shops, 'a', secret('one'));
    expect(bench.gets).toBe(3);
  });

  test('a source that may not be read either is named, with the right that is missing', async () => {
    await using bench = await SourcesBench.start(namespace);
    bench.proxy.faults.add({ ...forbidden, where: { path: /\/secrets/ } });
    await expect(read(bench.reader('shops'), 'a', secret('one'))).rejects.toMatchObject({
      code: 'VALUES_SOURCE_FORBIDDEN',
      message: expect.stringContaining(`Secret ${namespace}/one: cannot get secrets ${namespace}/one`) as unknown,
    });
  });
});

// Which live objects are believed by the page, and which are asked for one by one: on a real API server, requests counted.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type LiveReader, listedObjects } from '../../../src/uninstall/listed-objects.ts';
import { grant } from '../../support/grant.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

const asked: string[] = [];
let lab: ReleaseLab;
let counting: OpenClient;
beforeAll(async () => {
  const { kubeconfig, testRoot: homeDir } = testCluster();
  const observe = ({ method, path }: { readonly method: string; readonly path: string }): void => {
    asked.push(`${method} ${path.replace(/^.*\/namespaces\/[^/]+\//, '')}`);
  };
  [lab, counting] = await Promise.all([ReleaseLab.open(), openClient({ kubeconfig, homeDir, observe })]);
});
afterAll(async () => {
  await Promise.all([counting.close(), lab[Symbol.asyncDispose]()]);
});

interface Made {
  readonly name: string;
  readonly owner?: string;
  readonly label?: string;
  readonly finalizers?: readonly string[];
}

/** A namespace with these ConfigMaps, of release `shop` where nothing else is said. */
async function place(made: readonly Made[]): Promise<string> {
  const namespace = await lab.namespace('listed');
  for (const { name, owner = 'shop', label = 'Helm', finalizers = [] } of made) {
    await lab.client.create(
      CoreResources.configMaps,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name,
          namespace,
          finalizers,
          labels: { 'app.kubernetes.io/managed-by': label },
          annotations: { 'meta.helm.sh/release-name': owner, 'meta.helm.sh/release-namespace': namespace },
        },
      },
      { fieldManager: 'test' },
    );
  }
  return namespace;
}

const reader = (namespace: string, count: number, client = counting.client): LiveReader =>
  listedObjects({ client, clock: systemClock, releases: new Map([[namespace, count]]) });

/** Reads them all at once, and gives what was found and asked for. */
async function reading(read: LiveReader, namespace: string, names: readonly string[]) {
  asked.length = 0;
  const of = { resource: CoreResources.configMaps, release: { namespace, name: 'shop' } };
  const found = await Promise.all(names.map((name) => read({ name }, of)));
  return { found: found.map((meta) => meta?.name), asked: asked.toSorted() };
}

it('are read by one page for all, whoever asks, where many releases of the namespace go', async () => {
  const namespace = await place([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  const read = reader(namespace, 3);
  const all = await reading(read, namespace, ['a', 'b', 'c']);
  expect(all).toEqual({ found: ['a', 'b', 'c'], asked: ['GET configmaps'] });
  expect((await reading(read, namespace, ['b'])).asked).toEqual([]);
  const meta = await read({ name: 'a' }, { resource: CoreResources.configMaps, release: { namespace, name: 'shop' } });
  const marks = { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': namespace };
  const [uid, resourceVersion] = [expect.any(String), expect.any(String)];
  expect(meta).toEqual({ name: 'a', namespace, uid, resourceVersion, annotations: marks }); // and nothing of any size
});

it('are asked for by name where one page does not hold them, which is found out once', async () => {
  const names = Array.from({ length: 101 }, (_one, at) => `c${String(at).padStart(3, '0')}`);
  const namespace = await place(names.map((name) => ({ name })));
  const read = reader(namespace, 3);
  expect((await reading(read, namespace, ['c000', 'c100'])).asked).toEqual(['GET configmaps', 'GET configmaps/c100']);
  expect((await reading(read, namespace, ['c000'])).asked).toEqual(['GET configmaps/c000']);
});

it('are asked for one by one where few releases go, and in every other namespace', async () => {
  const namespace = await place([{ name: 'a' }, { name: 'b' }]);
  const few = await reading(reader(namespace, 2), namespace, ['a', 'b']);
  expect(few).toEqual({ found: ['a', 'b'], asked: ['GET configmaps/a', 'GET configmaps/b'] });
  expect((await reading(reader('elsewhere', 9), namespace, ['a'])).asked).toEqual(['GET configmaps/a']);
});

it('are asked for by name where a page does not plainly say that they are the release’s', async () => {
  const namespace = await place([
    { name: 'of-another', owner: 'other' },
    { name: 'unlabelled', label: 'nobody' },
    { name: 'going', finalizers: ['test.velotio.com/never'] },
    { name: 'plain' },
  ]);
  await lab.kubectl('delete', 'configmap', 'going', '-n', namespace, '--wait=false');
  const names = ['going', 'gone', 'of-another', 'plain', 'unlabelled'];
  const { found, asked: requests } = await reading(reader(namespace, 5), namespace, names);
  expect(found).toEqual(['going', undefined, 'of-another', 'plain', 'unlabelled']);
  expect(requests).toEqual([
    'GET configmaps',
    'GET configmaps/going',
    'GET configmaps/gone',
    'GET configmaps/of-another',
    'GET configmaps/unlabelled',
  ]);
  const free = '{"metadata":{"finalizers":null}}';
  await lab.kubectl('patch', 'configmap', 'going', '-n', namespace, '--type=merge', '-p', free);
});

it('are asked for by name where nobody may list them, which is found out once', async () => {
  const namespace = await place([{ name: 'a' }, { name: 'b' }]);
  await grant({ namespace, name: 'getter', user: 'getter', verbs: ['get'], resources: ['configmaps'] });
  const read = reader(namespace, 3, counting.client.impersonating('getter'));
  expect(await reading(read, namespace, ['a', 'b'])).toEqual({
    found: ['a', 'b'],
    asked: ['GET configmaps', 'GET configmaps/a', 'GET configmaps/b'],
  });
  expect((await reading(read, namespace, ['a'])).asked).toEqual(['GET configmaps/a']);
});

it('are asked for by name where they are cluster-scoped', async () => {
  const of = { resource: CoreResources.namespaces, release: { namespace: 'default', name: 'shop' } };
  asked.length = 0;
  expect(await reader('default', 9)({ name: 'kube-system' }, of)).toMatchObject({ name: 'kube-system' });
  expect(asked).toEqual(['GET /api/v1/namespaces/kube-system']);
});

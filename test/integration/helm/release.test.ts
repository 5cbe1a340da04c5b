// The arguments of O5 with the real helm: what ends up in the cluster and in the record.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Helm } from '../../../src/helm/process.ts';
import { helmUninstall } from '../../../src/helm/uninstall.ts';
import { helmUpgrade, type UpgradeOptions } from '../../../src/helm/upgrade.ts';
import { operatorMinimum, requireHelm } from '../../../src/helm/version.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { decodeRelease } from '../../../src/release/decode.ts';
import { listReleases } from '../../../src/release/list-releases.ts';
import { parseManifest, resourcePolicyOf } from '../../../src/release/manifest.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { testCluster } from '../../support/test-context.ts';

interface Deployment extends KubeObject {
  readonly spec: { readonly replicas: number };
}
interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const chart = join(import.meta.dirname, '../../../charts/bookstore');
let opened: OpenClient;
let client: KubeClient;
let helm: Helm;
let namespace: string;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
  helm = newHelm();
  namespace = await createNamespace(client, 'helm-release');
});
afterAll(async () => {
  await opened.close();
});

/** A helm with a home of its own: its discovery cache must not be that of another test. */
function newHelm(env: Readonly<Record<string, string>> = {}): Helm {
  const { helm: binary, kubeconfig, path, testRoot } = testCluster();
  const home = join(testRoot, 'helm-release');
  return new Helm({ binary, kubeconfig, env: { PATH: path, HOME: home, KUBECACHEDIR: join(home, 'kube'), ...env } });
}

const options = (change: Partial<UpgradeOptions> = {}): UpgradeOptions => ({
  name: 'shop',
  namespace,
  chart,
  values: {},
  labels: { 'helm.velotio.com/digest': 'abc' },
  timeoutMs: 60_000,
  maxHistory: 2,
  ...change,
});

const replicas = async (name: string): Promise<number> =>
  (await client.get<Deployment>(CoreResources.deployments, { namespace, name })).spec.replicas;

const releases = async () => (await listReleases(client, { namespace })).releases;

describe('with the real helm', () => {
  it('the version is new enough', async () => {
    expect(await requireHelm(helm, operatorMinimum)).toMatchObject({ major: 4 });
  });

  it('a release is installed with the values of standard input and the labels on its record', async () => {
    await helmUpgrade(helm, options({ values: { replicaCount: 2, nameOverride: 'books' } }));
    expect(await replicas('shop-books')).toBe(2);
    expect(await releases()).toMatchObject([
      { name: 'shop', revisions: 1, latest: { status: 'deployed', labels: { 'helm.velotio.com/digest': 'abc' } } },
    ]);
  });

  it('its record can be read, and names every object', async () => {
    const secret = await client.get<Secret>(CoreResources.secrets, { namespace, name: 'sh.helm.release.v1.shop.v1' });
    const release = decodeRelease(secret);
    expect(release).toMatchObject({
      name: 'shop',
      namespace,
      revision: 1,
      status: 'deployed',
      chart: { name: 'bookstore' },
    });
    expect(parseManifest(release.manifest).map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(
      expect.arrayContaining(['Deployment/shop-books', 'Deployment/shop-books-mongodb', 'Service/shop-books']),
    );
  });

  it('is upgraded although somebody scaled it, goes back to the chart’s values, and keeps so many revisions', async () => {
    const scaled = { spec: { replicas: 7 } };
    const target = { namespace, name: 'shop-books', fieldManager: 'kubectl', subresource: 'scale' } as const;
    await client.merge(CoreResources.deployments, scaled, target);
    expect(await replicas('shop-books')).toBe(7);
    for (const digest of ['def', 'ghi']) {
      await helmUpgrade(
        helm,
        options({ values: { nameOverride: 'books' }, labels: { 'helm.velotio.com/digest': digest } }),
      );
    }
    expect(await replicas('shop-books')).toBe(1);
    expect(await releases()).toMatchObject([
      { revisions: 2, latest: { revision: 3, labels: { 'helm.velotio.com/digest': 'ghi' } } },
    ]);
  });

  it.each([
    ['a value of the wrong type', { values: { replicaCount: 'many' } }, 'HELM_VALUES_INVALID'],
    ['a chart that is not there', { chart: '/nonexistent/chart' }, 'HELM_CHART_INVALID'],
    ['a name that Helm refuses', { name: 'x'.repeat(54) }, 'HELM_NAME_INVALID'],
    ['a user without rights', { impersonate: 'nobody' }, 'HELM_FORBIDDEN'],
    ['a namespace that is not there', { namespace: 'no-such-namespace' }, 'HELM_NAMESPACE_UNAVAILABLE'],
  ])('changes nothing for %s', async (_name, change, code) => {
    const before = await releases();
    await expect(helmUpgrade(helm, options({ name: 'wrong', ...change }))).rejects.toMatchObject({ code });
    expect(await releases()).toEqual(before);
  });

  it('cannot be led to another cluster by the environment', async () => {
    const misled = newHelm({
      HELM_KUBEAPISERVER: 'https://127.0.0.1:1',
      HELM_KUBECONTEXT: 'elsewhere',
      HELM_NAMESPACE: 'kube-system',
    });
    const { stdout } = await misled.run(['list', `--namespace=${namespace}`, '--short'], {
      what: 'list',
      timeoutMs: 30_000,
    });
    expect(stdout).toBe('shop');
  });

  it('a release that is uninstalled leaves nothing, and one that is not there is said to be', async () => {
    await helmUninstall(helm, { name: 'shop', namespace, timeoutMs: 60_000, shouldWait: true });
    expect(await releases()).toEqual([]);
    expect((await client.list(CoreResources.deployments, { namespace })).items).toEqual([]);
    await expect(helmUninstall(helm, { name: 'shop', namespace, timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'HELM_RELEASE_NOT_FOUND',
      message: expect.stringMatching(new RegExp(`^cannot uninstall ${namespace}/shop: `)),
    });
  });
});

describe('a manifest means to us what it means to helm', () => {
  const inner = (name: string, annotations = '{}'): string =>
    `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, annotations: ${annotations}}}`;
  const keep = '{helm.sh/resource-policy: keep}';
  const manifest = [
    `apiVersion: v1\nkind: Secret\nmetadata: {name: cover}\nitems:\n- ${inner('hidden')}`,
    'apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: untyped}',
    `apiVersion: v1\nkind: List\nitems:\n- ${inner('keep-on-item', keep)}`,
    `apiVersion: v1\nkind: List\nmetadata: {annotations: ${keep}}\nitems:\n- ${inner('keep-on-list')}`,
    inner('keep-on-object', keep),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aliased, labels: &labels {a: b}, annotations: *labels}',
  ].join('\n---\n');

  async function configMapNames(): Promise<string[]> {
    const { items } = await client.list(CoreResources.configMaps, { namespace });
    return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt');
  }

  it('what it makes, and what it leaves behind', async () => {
    const dir = join(testCluster().testRoot, 'lists-chart');
    await mkdir(join(dir, 'templates'), { recursive: true });
    await writeFile(join(dir, 'Chart.yaml'), 'apiVersion: v2\nname: lists\nversion: 1.0.0\n');
    await writeFile(join(dir, 'templates/all.yaml'), manifest);
    await helmUpgrade(helm, options({ name: 'lists', chart: dir }));
    const secret = await client.get<Secret>(CoreResources.secrets, { namespace, name: 'sh.helm.release.v1.lists.v1' });
    const objects = parseManifest(decodeRelease(secret).manifest);
    expect(objects.map(({ metadata }) => metadata.name).sort()).toEqual((await configMapNames()).sort());
    await helmUninstall(helm, { name: 'lists', namespace, timeoutMs: 60_000, shouldWait: true });
    const kept = objects.filter((object) => resourcePolicyOf(object) !== undefined);
    expect(kept.map(({ metadata }) => metadata.name).sort()).toEqual((await configMapNames()).sort());
    expect(kept).toHaveLength(2);
  });
});

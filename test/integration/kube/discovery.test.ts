import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { openTestClient } from '../../support/cluster-client.ts';
import { eventually } from '../../support/eventually.ts';

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  isNamespaced: false,
};
const group = 'discovery.test.example.com';
let opened: OpenClient;
let client: KubeClient;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
});
afterAll(async () => {
  for (const plural of ['widgets', 'gadgets']) await client.delete(crds, { name: `${plural}.${group}` });
  await opened.close();
});

async function createKind(kind: string, versions: readonly string[]): Promise<void> {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object' } };
  await client.create(
    crds,
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural },
        versions: versions.map((name, index) => ({ name, served: true, storage: index === 0, schema })),
      },
    },
    { fieldManager: 'test' },
  );
}

describe('discovery', () => {
  it.each([
    [{ group: '', version: 'v1', kind: 'ConfigMap' }, 'configmaps', true],
    [{ group: '', version: 'v1', kind: 'Namespace' }, 'namespaces', false],
    [{ group: 'apps', version: 'v1', kind: 'Deployment' }, 'deployments', true],
    [{ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' }, 'clusterroles', false],
  ])('finds %j', async (gvk, plural, isNamespaced) => {
    expect(await new Discovery(client).find(gvk)).toEqual({ ...gvk, plural, isNamespaced });
  });

  it.each([
    ['kind', { group: 'apps', version: 'v1', kind: 'Nothing' }],
    ['version', { group: 'apps', version: 'v7', kind: 'Deployment' }],
    ['group', { group: 'nothing.example.com', version: 'v1', kind: 'Deployment' }],
  ])('knows no %s that is not served, and says how to get it', async (_name, gvk) => {
    const discovery = new Discovery(client);
    expect(await discovery.find(gvk)).toBeUndefined();
    await expect(discovery.resolve(gvk)).rejects.toMatchObject({
      code: 'KIND_NOT_SERVED',
      remedy: expect.stringContaining('CustomResourceDefinition'),
    });
  });

  it('finds a kind that comes later, in whatever version of its group it is', async () => {
    const discovery = new Discovery(client);
    const widget = { group, version: 'v1', kind: 'Widget' };
    expect(await discovery.find(widget)).toBeUndefined();
    expect(await discovery.findPreferred(widget)).toBeUndefined();
    await createKind('Widget', ['v1']);
    await eventually(() => discovery.find(widget)).toMatchObject({ plural: 'widgets' });
    // the group prefers v1, which has no Gadget
    await createKind('Gadget', ['v1alpha1']);
    const find = () => discovery.findPreferred({ group, kind: 'Gadget' });
    await eventually(find).toMatchObject({ version: 'v1alpha1', plural: 'gadgets' });
    expect(await discovery.findPreferred({ group, kind: 'Widget' })).toMatchObject({ version: 'v1' });
    expect(await discovery.findPreferred({ group: '', kind: 'Secret' })).toMatchObject({ plural: 'secrets' });
  });

  it('takes a kind that went for served, until it is told otherwise', async () => {
    const discovery = new Discovery(client);
    const find = () => discovery.findPreferred({ group, kind: 'Gizmo' });
    await createKind('Gizmo', ['v1']);
    await eventually(find).toMatchObject({ plural: 'gizmos' });
    await client.delete(crds, { name: `gizmos.${group}` });
    await eventually(() => new Discovery(client).findPreferred({ group, kind: 'Gizmo' })).toBeUndefined();
    expect(await find()).toMatchObject({ plural: 'gizmos' });
    discovery.forget(group);
    expect(await find()).toBeUndefined();
    expect(await discovery.findPreferred({ group: '', kind: 'Secret' })).toMatchObject({ plural: 'secrets' });
  });

  it('does not hand one caller’s cancellation to another', async () => {
    const discovery = new Discovery(client);
    const gvk = { group: 'batch', version: 'v1', kind: 'Job' };
    const controller = new AbortController();
    const cancelled = expect(discovery.find(gvk, controller.signal)).rejects.toThrow('enough');
    const patient = discovery.find(gvk);
    controller.abort(new Error('enough'));
    await cancelled;
    expect(await patient).toMatchObject({ plural: 'jobs' });
  });
});

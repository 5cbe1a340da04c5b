// Deletion by the inventory alone, on the real cluster: what goes, what stays, and what is told about it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InventoryEntry } from '../../../src/api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CoreResources, type Resource } from '../../../src/kube/resource.ts';
import {
  deleteInventory,
  type InventoryDeletion,
  type InventoryRequest,
} from '../../../src/uninstall/inventory-uninstaller.ts';
import { eventually } from '../../support/eventually.ts';
import { ReleaseLab } from '../../support/release-lab.ts';

let lab: ReleaseLab;
let namespace: string;
beforeAll(async () => {
  lab = await ReleaseLab.open();
  namespace = await lab.namespace('inventory');
});
afterAll(async () => {
  await lab.kubectl('delete', 'clusterrole', '-l', 'lab=inventory');
  await lab[Symbol.asyncDispose]();
});

const configMap = (name: string, metadata = '') => `
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}${metadata}}
---
`;
const clusterRole = (name: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${name}, labels: {lab: inventory}}
---
`;
const rbac = 'rbac.authorization.k8s.io';
const withoutFinalizers = '{"metadata":{"finalizers":[]}}';

const install = async (name: string, template: string, ...args: readonly string[]): Promise<void> => {
  await lab.helm('install', name, await lab.chart(template), '-n', namespace, ...args);
};

interface Named {
  readonly group?: string;
  readonly kind?: string;
  /** `null` for a cluster-scoped object. Default the namespace of the tests. */
  readonly in?: string | null;
}

/** The entry of an object as it is now. */
async function entry(name: string, { group = '', kind = 'ConfigMap', in: where = namespace }: Named = {}) {
  const resource = await lab.discovery.findPreferred({ group, kind });
  if (resource === undefined) throw new Error(`${kind} is not served`);
  const { metadata } = await lab.client.get(resource, { name, ...(where === null ? {} : { namespace: where }) });
  return { group, kind, name, uid: metadata.uid, ...(where === null ? {} : { namespace: where }) };
}

/** A release in a namespace of its own, with an object there, one in another namespace, and a cluster-scoped one. */
async function installIn(name: string, metadata = '') {
  const going = await lab.namespace(`inventory-${name}`);
  const other = await lab.namespace('inventory-beside');
  const template =
    configMap('inside', metadata) + configMap('outside', `, namespace: ${other}`) + clusterRole(`role-${going}`);
  await lab.helm('install', name, await lab.chart(template), '-n', going);
  const inventory = [
    await entry('inside', { in: going }),
    await entry('outside', { in: other }),
    await entry(`role-${going}`, { group: rbac, kind: 'ClusterRole', in: null }),
  ];
  return { going, other, inventory };
}

function run(name: string, inventory: readonly InventoryEntry[], change: Partial<InventoryRequest> = {}) {
  const request = { release: { namespace, name }, inventory, shouldRemoveRecords: true, ...change };
  return deleteInventory(lab.client, lab.discovery, request);
}

/** In one line an object: `deleted a`, `kept b of-another-release`. */
function told({ deleted, gone, kept, failed, removedRecords }: InventoryDeletion): readonly string[] {
  return [
    ...deleted.map(({ name }) => `deleted ${name}`),
    ...gone.map(({ name }) => `gone ${name}`),
    ...kept.map(({ object, rule }) => `kept ${object.name} ${rule}`),
    ...failed.map(
      ({ object, error }) => `failed ${object.name} ${'code' in error ? String(error.code) : error.message}`,
    ),
    ...removedRecords.map((name) => `removed ${name.replace('sh.helm.release.v1.', '')}`),
  ];
}

const isThere = (name: string) => lab.exists('configmap', '-n', namespace, name);
const records = (name: string) => lab.exists('secret', '-n', namespace, '-l', `owner=helm,name=${name}`);

describe('deleteInventory', () => {
  it('deletes a release with all its revisions, and what the Deployment started', async () => {
    const template = `${configMap('whole')}${clusterRole(`whole-${namespace}`)}
apiVersion: apps/v1
kind: Deployment
metadata: {name: whole}
spec:
  selector: {matchLabels: {app: whole}}
  template:
    metadata: {labels: {app: whole}}
    spec: {containers: [{name: a, image: none}]}
`;
    await install('whole', template);
    await lab.helm('upgrade', 'whole', await lab.chart(template), '-n', namespace);
    const pods = () => lab.exists('pods,replicasets', '-n', namespace, '-l', 'app=whole');
    await eventually(pods).toBe(true);
    const inventory = [
      await entry('whole'),
      await entry('whole', { group: 'apps', kind: 'Deployment' }),
      await entry(`whole-${namespace}`, { group: rbac, kind: 'ClusterRole', in: null }),
    ];
    const result = await run('whole', inventory);
    expect(told(result)).toEqual([
      'deleted whole',
      `deleted whole-${namespace}`,
      'deleted whole',
      'removed whole.v1',
      'removed whole.v2',
    ]);
    expect(result.deleted.map(({ kind }) => kind)).toEqual(['Deployment', 'ClusterRole', 'ConfigMap']);
    expect([await isThere('whole'), await records('whole')]).toEqual([false, false]);
    await eventually(pods).toBe(false);
    expect(told(await run('whole', inventory))).toEqual(['gone whole', `gone whole-${namespace}`, 'gone whole']);
  });

  it('leaves what is not in the inventory, and the records where nobody asked for them', async () => {
    await install('part', configMap('part-a') + configMap('part-b'));
    expect(told(await run('part', [await entry('part-a')], { shouldRemoveRecords: false }))).toEqual([
      'deleted part-a',
    ]);
    expect([await isThere('part-a'), await isThere('part-b'), await records('part')]).toEqual([false, true, true]);
  });

  it('leaves an object that another release took over', async () => {
    await install('first', configMap('shared') + configMap('own'));
    const inventory = [await entry('shared'), await entry('own')];
    await install('second', configMap('shared'), '--take-ownership');
    const result = await run('first', inventory);
    expect(told(result)).toEqual(['deleted own', 'kept shared of-another-release', 'removed first.v1']);
    expect(result.kept[0]?.why).toBe(`it is of release "${namespace}/second" now`);
    expect([await isThere('shared'), await isThere('own'), await records('second')]).toEqual([true, false, true]);
  });

  it('leaves an object that was made anew under the same name', async () => {
    await install('again', configMap('again'));
    const inventory = [await entry('again')];
    await lab.kubectl('delete', 'configmap', '-n', namespace, 'again');
    await lab.kubectl('create', 'configmap', '-n', namespace, 'again');
    expect(told(await run('again', inventory))).toEqual(['kept again replaced', 'removed again.v1']);
    expect(await isThere('again')).toBe(true);
  });

  it('leaves an object that is made anew between the look and the deletion', async () => {
    await install('raced', configMap('raced'));
    const inventory = [await entry('raced')];
    const racing = new Proxy(lab.client, {
      get: (client, key) => {
        const value: unknown = Reflect.get(client, key);
        if (key !== 'delete') return typeof value === 'function' ? value.bind(client) : value;
        return async (resource: Resource, options: Parameters<KubeClient['delete']>[1]) => {
          await client.delete(resource, { namespace, name: options.name });
          await lab.kubectl('create', 'configmap', '-n', namespace, options.name);
          return client.delete(resource, options);
        };
      },
    });
    const request = { release: { namespace, name: 'raced' }, inventory, shouldRemoveRecords: false };
    expect(told(await deleteInventory(racing, lab.discovery, request))).toEqual(['kept raced replaced']);
    expect(await isThere('raced')).toBe(true);
  });

  it.each(['keep', 'delete', ''])(
    'leaves what is annotated helm.sh/resource-policy: "%s", as helm does',
    async (value) => {
      const name = `policy-${value}x`;
      const annotated = `, annotations: {helm.sh/resource-policy: "${value}"}`;
      await install(name, configMap(name, annotated));
      const result = await run(name, [await entry(name)]);
      expect(told(result)).toEqual([`kept ${name} resource-policy`, `removed ${name}.v1`]);
      expect(result.kept[0]?.why).toBe(`it is annotated helm.sh/resource-policy: "${value}"`);
      expect(await isThere(name)).toBe(true);
    },
  );

  it('deletes objects of its namespace from which somebody took the marks, and none elsewhere', async () => {
    const other = await lab.namespace('inventory-other');
    await install(
      'bare',
      configMap('bare') + configMap('bare', `, namespace: ${other}`) + clusterRole(`bare-${other}`),
    );
    const inventory = [
      await entry('bare'),
      await entry('bare', { in: other }),
      await entry(`bare-${other}`, { group: rbac, kind: 'ClusterRole', in: null }),
    ];
    const without = 'meta.helm.sh/release-namespace-';
    await lab.kubectl('annotate', 'configmap', '-n', namespace, 'bare', without);
    await lab.kubectl('annotate', 'configmap', '-n', other, 'bare', without);
    await lab.kubectl('annotate', 'clusterrole', `bare-${other}`, without);
    expect(told(await run('bare', inventory))).toEqual([
      'deleted bare',
      `kept bare-${other} unmarked`,
      'kept bare unmarked',
      'removed bare.v1',
    ]);
    expect(await lab.exists('configmap', '-n', other, 'bare')).toBe(true);
    expect(await lab.exists('clusterrole', `bare-${other}`)).toBe(true);
  });

  it('takes an object for gone whose kind is served no more', async () => {
    const widgets = await lab.widgetKind('inventory');
    const widget = `apiVersion: ${widgets.group}/v1\nkind: Widget\nmetadata: {name: widget}\n`;
    await install('crd', configMap('beside') + widget);
    const inventory = [await entry('beside'), await entry('widget', { group: widgets.group, kind: 'Widget' })];
    await widgets.remove();
    expect(told(await run('crd', inventory))).toEqual(['deleted beside', 'gone widget', 'removed crd.v1']);
  });

  it('tells of an object as deleted that a finalizer holds, and is content with it the next time', async () => {
    await install('held', configMap('held', ', finalizers: [test.velotio.com/never]'));
    const inventory = [await entry('held')];
    expect(told(await run('held', inventory))).toEqual(['deleted held', 'removed held.v1']);
    expect(told(await run('held', inventory))).toEqual(['deleted held']);
    const live = await lab.client.get<KubeObject>(CoreResources.configMaps, { namespace, name: 'held' });
    expect(live.metadata.deletionTimestamp).toBeDefined();
    await lab.kubectl('patch', 'configmap', '-n', namespace, 'held', '--type=merge', '-p', withoutFinalizers);
  });

  it('deletes what is left outside of a namespace that is going, whose records are gone', async () => {
    const { going, other, inventory } = await installIn('going', ', finalizers: [test.velotio.com/never]');
    await lab.kubectl('delete', 'namespace', going, '--wait=false');
    await eventually(() => lab.exists('secret', '-n', going, '-l', 'owner=helm')).toBe(false);
    const result = await run('going', inventory, { release: { namespace: going, name: 'going' } });
    expect(told(result)).toEqual([`deleted role-${going}`, 'deleted inside', 'deleted outside']);
    expect(await lab.exists('configmap', '-n', other, 'outside')).toBe(false);
    expect(await lab.exists('clusterrole', `role-${going}`)).toBe(false);
    expect(await lab.exists('namespace', going)).toBe(true);
    await lab.kubectl('patch', 'configmap', '-n', going, 'inside', '--type=merge', '-p', withoutFinalizers);
  });

  it('deletes what is left outside of a namespace that is gone', async () => {
    const { going, other, inventory } = await installIn('gone');
    await lab.kubectl('delete', 'namespace', going, '--timeout=90s');
    const result = await run('gone', inventory, { release: { namespace: going, name: 'gone' } });
    expect(told(result)).toEqual([`deleted role-${going}`, 'deleted outside', 'gone inside']);
    expect(await lab.exists('configmap', '-n', other, 'outside')).toBe(false);
    expect(await lab.exists('clusterrole', `role-${going}`)).toBe(false);
  });

  it('names what it is forbidden to read or to delete, deletes the rest, and lets the records be', async () => {
    const rules = `
- {apiGroups: [""], resources: [secrets], verbs: [get, list, delete]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, delete]}
- {apiGroups: [""], resources: [services], verbs: [get]}`;
    const impersonate = await lab.serviceAccount(namespace, 'limited', rules);
    const template = `${configMap('mine')}${clusterRole(`far-${namespace}`)}
apiVersion: v1
kind: Service
metadata: {name: firm}
spec: {ports: [{port: 80}]}
`;
    await install('limited', template);
    const inventory = [
      await entry('mine'),
      await entry('firm', { kind: 'Service' }),
      await entry(`far-${namespace}`, { group: rbac, kind: 'ClusterRole', in: null }),
    ];
    const result = await run('limited', inventory, { impersonate });
    expect(told(result)).toEqual([
      'deleted mine',
      'failed firm API_FORBIDDEN',
      `failed far-${namespace} API_FORBIDDEN`,
    ]);
    expect(result.failed.map(({ error }) => error.message.slice(0, 13))).toEqual(['cannot delete', 'cannot get cl']);
    expect([await isThere('mine'), await records('limited')]).toEqual([false, true]);

    expect(told(await run('limited', inventory))).toEqual([
      'deleted firm',
      `deleted far-${namespace}`,
      'gone mine',
      'removed limited.v1',
    ]);
  });

  it('tells of records that it may not remove', async () => {
    const rules = '[{apiGroups: [""], resources: [secrets], verbs: [list]}]';
    const impersonate = await lab.serviceAccount(namespace, 'reader', rules);
    const stranger = await lab.serviceAccount(namespace, 'nothing', '[]');
    await install('stays', '');
    expect(told(await run('stays', [], { impersonate }))).toEqual(['failed sh.helm.release.v1.stays.v1 API_FORBIDDEN']);
    expect(told(await run('stays', [], { impersonate: stranger }))).toEqual([
      'failed sh.helm.release.v1.stays.* API_FORBIDDEN',
    ]);
    expect(await records('stays')).toBe(true);
  });

  it('removes no Secret that is not a record of the release', async () => {
    await install('near', '');
    await install('near-by', '');
    const labels = 'labels: {owner: helm, name: near, version: "1", status: deployed}';
    await lab.apply(`apiVersion: v1\nkind: Secret\nmetadata: {name: imitation, namespace: ${namespace}, ${labels}}\n`);
    expect(told(await run('near', []))).toEqual(['removed near.v1']);
    expect([await records('near-by'), await lab.exists('secret', '-n', namespace, 'imitation')]).toEqual([true, true]);
  });

  it('stops with the signal, whose reason is told', async () => {
    await install('told', configMap('told'));
    const reason = new Error('the leader is another');
    const inventory = [await entry('told')];
    await expect(run('told', inventory, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect([await isThere('told'), await records('told')]).toEqual([true, true]);
  });
});

import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inspectChart } from '../../../src/watches/chart.ts';
import type { WatchEntry } from '../../../src/watches/watch-entry.ts';
import {
  condition,
  eventually,
  kubectl,
  type OperatorRun,
  startOperator,
  tutorialBookStore,
  type Watched,
} from '../../support/operator-run.ts';
import { testCluster } from '../../support/test-context.ts';

const namespaces: string[] = [];
const fieldManager = 'test';

/** An operator in a namespace of its own, with a changed watch entry. */
async function operatorIn(namespace: string, entry: Partial<WatchEntry>): Promise<OperatorRun> {
  namespaces.push(namespace);
  await kubectl('create', 'namespace', namespace);
  return startOperator({ namespace, entry });
}

/** A copy of the bundled chart with other files in it. */
async function chartWith(files: Readonly<Record<string, string>>): Promise<WatchEntry['chart']> {
  const directory = join(await mkdtemp(join(testCluster().testRoot, 'chart-')), 'bookstore');
  await cp('charts/bookstore', directory, { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(directory, path), text);
  const result = await inspectChart(directory);
  if (!result.ok) throw new Error(result.found);
  return result.chart;
}

const create = (operator: OperatorRun, namespace: string, spec: Record<string, unknown> = {}) =>
  operator.client.create(operator.bookStores, { ...tutorialBookStore(namespace, 'shop'), spec }, { fieldManager });

/** What is in the namespace besides what every namespace has. */
async function contentOf(namespace: string): Promise<readonly string[]> {
  const kinds = 'deployments,services,serviceaccounts,secrets,persistentvolumeclaims';
  const out = await kubectl('-n', namespace, 'get', kinds, '-o', 'name');
  return out.split('\n').filter((line) => line !== '' && line !== 'serviceaccount/default');
}

function readyOf(resource: Watched): string {
  return condition(resource.status, 'Ready')?.message ?? '';
}

afterAll(async () => {
  await Promise.all(namespaces.map((name) => kubectl('delete', 'namespace', name, '--wait=false')));
});

describe('bad input', () => {
  test('a chart that does not render: the template and the way out are named, and nothing is made', async () => {
    const namespace = 'op-render';
    const chart = await chartWith({
      'templates/broken.yaml': '{{ required "shop.owner is missing" .Values.shop.owner }}',
    });
    const operator = await operatorIn(namespace, { chart });
    try {
      await create(operator, namespace);
      const resource = await operator.reason('shop', 'InvalidValues');
      expect(readyOf(resource)).toContain('templates/broken.yaml');
      expect(readyOf(resource)).toContain('helm template CHART shows the same error');
      expect(condition(resource.status, 'Stalled')).toMatchObject({ status: 'True' });
      expect(resource.metadata.finalizers).toEqual(['helm.velotio.com/uninstall']);
      expect(await contentOf(namespace)).toEqual([]);
      await eventually('an Event names it too', async () =>
        (await kubectl('-n', namespace, 'get', 'events', '-o', 'yaml')).includes('templates/broken.yaml'),
      );
      const calls = operator.helm.verbs.length;
      await operator.client.merge(
        operator.bookStores,
        { metadata: { labels: { a: 'b' } } },
        { namespace, name: 'shop', fieldManager },
      );
      await eventually('the event was seen', async () => (await operator.get('shop'))?.metadata.labels?.a === 'b');
      expect(operator.helm.verbs.length).toBe(calls);
      await operator.client.delete(operator.bookStores, { namespace, name: 'shop' });
      await eventually('it can be deleted', async () => (await operator.get('shop')) === undefined);
    } finally {
      await operator.stop();
    }
  });

  test('values that the chart’s schema rejects: the path is named, a correction heals it', async () => {
    const namespace = 'op-values';
    const schema = JSON.stringify({
      type: 'object',
      properties: { replicaCount: { type: 'integer', maximum: 5 } },
    });
    const operator = await operatorIn(namespace, { chart: await chartWith({ 'values.schema.json': schema }) });
    try {
      await create(operator, namespace, { replicaCount: 9 });
      const resource = await operator.reason('shop', 'InvalidValues');
      expect(readyOf(resource)).toMatch(/replicaCount/);
      expect(await contentOf(namespace)).toEqual([]);
      await operator.client.merge(
        operator.bookStores,
        { spec: { replicaCount: 2 } },
        { namespace, name: 'shop', fieldManager },
      );
      const healed = await operator.ready('shop');
      expect(condition(healed.status, 'Stalled')).toBeUndefined();
      expect(healed.status?.failures).toBeUndefined();
    } finally {
      await operator.stop();
    }
  });

  test('a manifest that two readers could read differently is deployed, and said not to be understood', async () => {
    const namespace = 'op-unreadable';
    const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\ndata:\n  a: "1"\n  a: "2"\n';
    const operator = await operatorIn(namespace, { chart: await chartWith({ 'templates/twice.yaml': twice }) });
    try {
      await create(operator, namespace);
      const resource = await operator.reason('shop', 'InvalidChart');
      expect(readyOf(resource)).toContain('its manifest is not read');
      await operator.client.delete(operator.bookStores, { namespace, name: 'shop' });
      await eventually('it can be deleted', async () => (await operator.get('shop')) === undefined);
      expect(await contentOf(namespace)).toEqual([]);
    } finally {
      await operator.stop();
    }
  });

  test('a chart that is damaged on disk after the start is said, not crashed on', async () => {
    const namespace = 'op-chart';
    const chart = await chartWith({});
    const operator = await operatorIn(namespace, { chart });
    try {
      await writeFile(join(chart.path, 'Chart.yaml'), 'apiVersion: v2\n');
      await create(operator, namespace);
      const resource = await operator.reason('shop', 'InvalidChart');
      expect(readyOf(resource)).toContain('helm lint');
      expect(await contentOf(namespace)).toEqual([]);
    } finally {
      await operator.stop();
    }
  });

  test('a Secret with values that is missing is named; it heals when the Secret comes', async () => {
    const namespace = 'op-values-from';
    const operator = await operatorIn(namespace, {
      valuesFrom: [{ kind: 'Secret', name: 'shop-values', valuesKey: 'values.yaml', optional: false }],
    });
    try {
      await create(operator, namespace);
      const resource = await operator.reason('shop', 'ValuesSourceFailed');
      expect(readyOf(resource)).toContain(`Secret ${namespace}/shop-values does not exist`);
      expect(await contentOf(namespace)).toEqual([]);
      await kubectl(
        '-n',
        namespace,
        'create',
        'secret',
        'generic',
        'shop-values',
        // as helm reads it: an octal number, and a merge key
        '--from-literal=values.yaml=base: &base {replicaCount: 02}\n<<: *base\n',
      );
      await operator.ready('shop');
      const replicas = await kubectl(
        '-n',
        namespace,
        'get',
        'deployment',
        'shop-bookstore',
        '-o',
        'jsonpath={.spec.replicas}',
      );
      expect(replicas).toBe('2');
    } finally {
      await operator.stop();
    }
  });

  test('an object that belongs to somebody else is neither taken nor changed', async () => {
    const namespace = 'op-owned';
    const operator = await operatorIn(namespace, {});
    const force = { metadata: { annotations: { 'helm.velotio.com/force-requested-at': 'now' } } };
    try {
      await kubectl('-n', namespace, 'create', 'service', 'clusterip', 'shop-bookstore', '--tcp=99');
      await create(operator, namespace);
      const resource = await operator.reason('shop', 'InstallFailed');
      expect(readyOf(resource)).toContain('shop-bookstore');
      expect(readyOf(resource)).toContain('belongs to somebody else');
      const port = await kubectl(
        '-n',
        namespace,
        'get',
        'service',
        'shop-bookstore',
        '-o',
        'jsonpath={.spec.ports[0].port}',
      );
      expect(port).toBe('99');
      expect(readyOf(resource)).toContain('helm.velotio.com/force-requested-at');
      const calls = operator.helm.verbs.length;
      await operator.client.merge(operator.bookStores, force, { namespace, name: 'shop', fieldManager });
      await eventually('it was tried again', async () => operator.helm.verbs.length === calls + 1);
      await operator.client.delete(operator.bookStores, { namespace, name: 'shop' });
      await eventually('it can be deleted', async () => (await operator.get('shop')) === undefined);
      expect(await contentOf(namespace)).toEqual(['service/shop-bookstore']);
    } finally {
      await operator.stop();
    }
  });
});

describe('serviceAccount', () => {
  test('helm acts as it: forbidden without rights, and nothing is made by the operator’s own', async () => {
    const namespace = 'op-account';
    const operator = await operatorIn(namespace, { serviceAccount: 'deployer' });
    try {
      await kubectl('-n', namespace, 'create', 'serviceaccount', 'deployer');
      await create(operator, namespace);
      const resource = await operator.reason('shop', 'Forbidden');
      expect(readyOf(resource)).toContain(`system:serviceaccount:${namespace}:deployer`);
      expect(await contentOf(namespace)).toEqual(['serviceaccount/deployer']);
      await kubectl(
        '-n',
        namespace,
        'create',
        'rolebinding',
        'deployer',
        '--clusterrole=admin',
        `--serviceaccount=${namespace}:deployer`,
      );
      await operator.ready('shop');
      await operator.client.delete(operator.bookStores, { namespace, name: 'shop' });
      await eventually('it is gone', async () => (await operator.get('shop')) === undefined);
    } finally {
      await operator.stop();
    }
  });
});

describe('a kind that was taken out of watches.yaml', () => {
  test('is told at the start, with its releases and what to do', async () => {
    const namespace = 'op-unmapped';
    const labels = 'owner=helm,name=old,version=1,status=deployed,helm.velotio.com/owner=Baz.rev.io';
    namespaces.push(namespace);
    await kubectl('create', 'namespace', namespace);
    await kubectl('-n', namespace, 'create', 'secret', 'generic', 'sh.helm.release.v1.old.v1');
    await kubectl('-n', namespace, 'label', 'secret', 'sh.helm.release.v1.old.v1', ...labels.split(','));
    const operator = await startOperator({ namespace });
    try {
      await create(operator, namespace);
      await operator.ready('shop');
      const told = operator.log.filter((line) => line.includes('releases belong to kinds that no entry maps'));
      expect(told).toEqual([expect.stringContaining('1 of Baz.rev.io')]);
    } finally {
      await operator.stop();
    }
  });
});

describe('a restart', () => {
  test('of the operator starts no helm for what is in sync', async () => {
    const namespace = 'op-restart';
    const first = await operatorIn(namespace, {});
    await create(first, namespace);
    const before = await first.ready('shop');
    await first.stop();
    const second = await startOperator({ namespace });
    try {
      await second.client.merge(
        second.bookStores,
        { metadata: { annotations: { 'helm.velotio.com/reconcile-requested-at': '1' } } },
        { namespace, name: 'shop', fieldManager },
      );
      await eventually(
        'it was looked at',
        async () => (await second.get('shop'))?.status?.lastHandledReconcileAt === '1',
      );
      expect((await second.get('shop'))?.status?.release).toEqual(before.status?.release);
      expect(second.helm.verbs).toEqual([]);
    } finally {
      await second.stop();
    }
  });
});

// Whose values are read: what an annotation may ask for, and an operator that may not watch where they come from.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grant } from '../../support/grant.ts';
import { eventually, kubectl } from '../../support/operator-run.ts';
import { ValuesShop } from '../../support/values-shop.ts';

describe('the annotation where the watch entry does not allow it', () => {
  test('is ignored, whatever it says: the release goes on without it', async () => {
    const shop = await ValuesShop.open('op-not-allowed', { entry: {} });
    try {
      await shop.put('secret/one', { k: 'replicaCount: 3' });
      await shop.create('valid', 'Secret/one/k');
      await shop.create('malformed', 'nonsense');
      await shop.revision('valid', 1);
      await shop.revision('malformed', 1);
      expect(await shop.replicas('valid')).toBe('1');
      await eventually('an Event says why', async () =>
        /Warning\s+InvalidAnnotation.*allowValuesFromAnnotation/s.test(
          await kubectl('-n', 'op-not-allowed', 'get', 'events'),
        ),
      );
    } finally {
      await shop.close();
    }
  });
});

describe('an operator that may not watch ConfigMaps', () => {
  const namespace = 'op-no-watch';
  const user = 'bookstore-operator-without-watch';
  let shop: ValuesShop;

  /** Gives the operator a right in its namespace. */
  const give = (name: string, verbs: string, resources: string): Promise<void> =>
    grant({ namespace, name, user, verbs: verbs.split(','), resources: resources.split(',') });

  beforeAll(async () => {
    shop = await ValuesShop.open(namespace, {
      impersonate: user,
      entry: { valuesFrom: [{ kind: 'ConfigMap', name: 'shared', valuesKey: 'values.yaml', optional: false }] },
      prepare: async () => {
        await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/');
        await kubectl('create', 'clusterrole', user, '--verb=get,list,watch', '--resource=namespaces');
        await kubectl('create', 'clusterrolebinding', user, `--clusterrole=${user}`, `--user=${user}`);
        const own = 'secrets,services,serviceaccounts,deployments.apps,bookstores.velotio.com';
        await give('all', '*', `${own},bookstores.velotio.com/status,events.events.k8s.io`);
      },
    });
  });
  afterAll(async () => {
    await shop.close();
    await kubectl('delete', 'clusterrole,clusterrolebinding', user);
  });

  const warnings = () => shop.operator.log.filter((line) => line.includes('sources of values cannot be watched'));

  test('and not read them names the missing right in the status', async () => {
    await shop.put('configmap/shared', { 'values.yaml': 'replicaCount: 2' });
    await shop.create('shop', '');
    const message = await shop.message('shop', 'ValuesSourceFailed');
    expect(message).toContain(`ConfigMap ${namespace}/shared`);
    expect(message).toContain(`cannot get resource "configmaps" in API group "" in the namespace "${namespace}"`);
  });

  test('reads them on each pass, and says once what is missing', async () => {
    await give('read', 'get', 'configmaps');
    await shop.revision('shop', 1);
    expect(await shop.replicas('shop')).toBe('2');
    await shop.put('configmap/shared', { 'values.yaml': 'replicaCount: 3' });
    await shop.pass('shop');
    await shop.revision('shop', 2);
    expect(await shop.replicas('shop')).toBe('3');
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('list and watch configmaps');
  });

  test('notices changes at once when the right is granted', async () => {
    await give('watch', 'list,watch', 'configmaps');
    await shop.put('configmap/shared', { 'values.yaml': 'replicaCount: 1' });
    await shop.revision('shop', 3);
    expect(await shop.replicas('shop')).toBe('1');
    expect(warnings()).toHaveLength(1);
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { grant } from '../../support/grant.ts';
import { eventually, kubectl, type OperatorRun, startOperator, tutorialBookStore } from '../../support/operator-run.ts';

const namespace = 'op-confined';
const user = 'bookstore-operator-confined';
let operator: OperatorRun;

beforeAll(async () => {
  await kubectl('create', 'namespace', namespace);
  const own = ['secrets', 'services', 'serviceaccounts', 'pods', 'deployments.apps', 'events.events.k8s.io'];
  const resources = [...own, 'bookstores.velotio.com', 'bookstores.velotio.com/status'];
  await grant({ namespace, name: user, user, verbs: ['*'], resources });
  operator = await startOperator({ namespace, impersonate: user });
});
afterAll(async () => {
  await operator.stop();
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

test('Roles in the watched namespaces are enough; what is noticed late without more is said once', async () => {
  await operator.client.create(operator.bookStores, tutorialBookStore(namespace, 'shop'), { fieldManager: 'test' });
  await operator.ready('shop');
  expect(operator.log.filter((line) => line.includes('namespaces cannot be watched'))).toHaveLength(1);
  await operator.client.delete(operator.bookStores, { namespace, name: 'shop' });
  await eventually('it is gone', async () => (await operator.get('shop')) === undefined);
});

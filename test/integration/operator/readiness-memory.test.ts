// What readiness remembers of a release: as much as it is made of now, and nothing once it is gone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InventoryEntry } from '../../../src/api/v1alpha1/watched-status.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { UnwatchedObjects } from '../../../src/operator/dependents.ts';
import { Workloads } from '../../../src/operator/workloads.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';

let opened: OpenClient;
let namespace: string;
let workloads: Workloads;

beforeAll(async () => {
  opened = await openTestClient();
  namespace = await createNamespace(opened.client, 'op-readiness-memory');
  workloads = new Workloads(opened.client, new UnwatchedObjects(new Discovery(opened.client)), {
    clock: systemClock,
    log: createLogger({ level: 'silent', destination: { write: () => undefined } }),
  });
});

afterAll(async () => {
  await opened.client.delete(CoreResources.namespaces, { name: namespace });
  await opened.close();
});

const create = (name: string): Promise<KubeObject> =>
  opened.client.create(
    CoreResources.configMaps,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } },
    { fieldManager: 'test' },
  );
const entryOf = ({ metadata }: KubeObject): InventoryEntry => ({
  group: '',
  kind: 'ConfigMap',
  namespace,
  name: metadata.name,
  uid: metadata.uid,
});
/** As a pass does. */
const look = async (inventory: readonly InventoryEntry[]) => {
  workloads.retain('a/shop', inventory);
  return workloads.readiness(inventory);
};

test('an object that a new revision does without is forgotten, and all of them with the resource', async () => {
  const [kept, dropped] = [entryOf(await create('kept')), entryOf(await create('dropped'))];
  await look([kept, dropped]);
  expect(workloads.size).toBe(2);
  await look([kept]);
  expect(workloads.size).toBe(1);
  workloads.retain('a/shop', []);
  expect(workloads.size).toBe(0);
});

test('an object that was made anew takes the place of its predecessor', async () => {
  const before = entryOf(await create('again'));
  await look([before]);
  await opened.client.delete(CoreResources.configMaps, { namespace, name: 'again' });
  expect(await look([before])).toMatchObject({ state: 'progressing', message: 'ConfigMap again: it is missing' });
  expect(workloads.size).toBe(0);
  const after = entryOf(await create('again'));
  await look([before]);
  await look([after]);
  expect(workloads.size).toBe(1);
  workloads.forget([after]);
  expect(workloads.size).toBe(0);
});

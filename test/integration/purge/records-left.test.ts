// What is left of a release's records when a driver has said that all is gone is told: nobody reads "purged" of what is there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import type { RecordSecret } from '../../../src/release/record.ts';
import { nativeDriver } from '../../../src/uninstall/native-driver.ts';
import type { ProvenUninstaller } from '../../../src/uninstall/proven-uninstaller.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('recordsleft', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const fieldManager = 'purge-test';
const first = 'sh.helm.release.v1.shop.v1';

async function purging(namespace: string, uninstaller: ProvenUninstaller = nativeDriver(world.client)) {
  const deps = { ...world.deps(), uninstaller };
  const plan = await makePlan(deps, { namespaces: [namespace] });
  expect(plan.counts.purge).toBe(1);
  return (await executePlan(deps, plan)).outcomes;
}

describe('natively, a release is not simply purged', () => {
  it('whose record a finalizer holds', async () => {
    const namespace = await world.namespace('held');
    await world.install(namespace, 'shop');
    const finalize = (finalizers: readonly string[]) =>
      world.client.merge(CoreResources.secrets, { metadata: { finalizers } }, { namespace, name: first, fieldManager });
    await finalize(['test.velotio.com/held']);
    try {
      const outcomes = await purging(namespace);
      expect(await world.releases(namespace)).toEqual(['shop']); // helm has it still
      expect(outcomes).toEqual([expect.objectContaining({ result: 'failed', record: 'left' })]);
    } finally {
      await finalize([]);
    }
  });

  it('of which a revision was begun while it went', async () => {
    const namespace = await world.namespace('begun');
    await world.install(namespace, 'shop');
    const native = nativeDriver(world.client);
    /** As helm upgrade does first of all, and it goes on to install. */
    const beginUpgrade = async (): Promise<void> => {
      const secret = await world.client.get<RecordSecret>(CoreResources.secrets, { namespace, name: first });
      const { type, data = {}, metadata } = secret;
      const labels = { ...metadata.labels, version: '2', status: 'pending-upgrade' };
      const upgrade = {
        apiVersion: 'v1',
        kind: 'Secret',
        type,
        data,
        metadata: { namespace, name: 'sh.helm.release.v1.shop.v2', labels },
      };
      await world.client.create(CoreResources.secrets, upgrade, { fieldManager });
    };
    const outcomes = await purging(namespace, {
      driver: 'native',
      uninstall: async (request) => {
        await beginUpgrade(); // after the last look
        return native.uninstall(request);
      },
    });
    const { items } = await world.client.list(CoreResources.secrets, { namespace, labelSelector: 'owner=helm' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['sh.helm.release.v1.shop.v2']);
    expect(outcomes).toEqual([expect.objectContaining({ note: 'somebody has installed it again meanwhile' })]);
  });
});

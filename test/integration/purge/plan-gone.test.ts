// The records of a namespace are read in pages: that their state is given up by the server meanwhile ends no night for all.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openClient } from '../../../src/kube/open-client.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('plangone', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

it('then each release is read for itself', async () => {
  const namespace = await world.namespace('many');
  for (let i = 0; i < 11; i += 1) await world.install(namespace, `shop-${i}`);
  await using proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
  const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: '/nowhere' });
  proxy.faults.add({ kind: 'expired-token', count: 1 });
  const plan = await makePlan({ ...world.deps(), client });
  await close();
  expect(plan.counts.purge).toBe(11);
});

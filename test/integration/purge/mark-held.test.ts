// Between the last look and the mark a request may be held back for a minute, or its answer be lost.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { purgeDriver } from '../../../src/cli/purge-driver.ts';
import { openClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('markheld', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** What the program acts with, by way of a proxy. */
async function throughProxy() {
  const proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
  const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: '/nowhere' });
  const driver = purgeDriver('native', { client, helm: undefined as never });
  const dispose = async (): Promise<void> => {
    await close();
    await proxy[Symbol.asyncDispose]();
  };
  return { proxy, client, deps: { ...world.deps(), ...driver }, [Symbol.asyncDispose]: dispose };
}

it('a keep that is set while all requests are held back, the mark among them, keeps the release', async () => {
  const namespace = await world.namespace('kept');
  await world.install(namespace, 'shop');
  await using through = await throughProxy();
  const { proxy, client, deps } = through;
  const plan = await makePlan(deps, { namespaces: [namespace] });
  const native = deps.uninstaller;
  const uninstaller = {
    driver: native.driver,
    uninstall: async (request: Parameters<typeof native.uninstall>[0]) => {
      // after the last look: another release's request is told to wait, and with it all that are sent from now on
      proxy.faults.add({ kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterS: 4, count: 1 });
      await client
        .impatient()
        .list(CoreResources.configMaps, { namespace })
        .catch(() => undefined);
      const end = native.uninstall(request);
      await world.patchNamespace(namespace, { annotations: { 'purge.velotio.com/keep': 'true' } });
      return end;
    },
  };
  const { outcomes } = await executePlan({ ...deps, uninstaller }, plan);
  expect(await world.objects(namespace)).toEqual(['shop']);
  expect(outcomes).toEqual([expect.objectContaining({ result: 'skipped' })]);
});

it('a mark whose answer is lost is no change by somebody else', async () => {
  const namespace = await world.namespace('lost');
  await world.install(namespace, 'shop');
  await using through = await throughProxy();
  const { proxy, deps } = through;
  const plan = await makePlan(deps, { namespaces: [namespace] });
  proxy.faults.add({ kind: 'half-answer', where: { method: 'PUT', path: /secrets/ }, count: 1 });
  const { outcomes } = await executePlan(deps, plan);
  const { items } = await world.client.list(CoreResources.secrets, { namespace, labelSelector: 'owner=helm' });
  expect(items.map(({ metadata }) => metadata.labels?.status)).toEqual([]); // else: uninstalling, with all its objects
  expect(outcomes).toEqual([expect.objectContaining({ result: 'purged' })]);
});

// The releases of a namespace are proved by one reading of its objects. What changes after it counts all the same.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { nativeDriver } from '../../../src/uninstall/native-driver.ts';
import { kubectl } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('listed', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

it('an object that was given to another release, or made anew, or merely changed, while the first release went', async () => {
  const namespace = await world.namespace('shared');
  const names = ['a-first', 'b-given', 'c-changed', 'd-anew'];
  for (const name of names) await world.install(namespace, name);
  const of = (name: string) => ['configmap', name, '-n', namespace];
  const change = async (): Promise<void> => {
    await kubectl('annotate', '--overwrite', ...of('b-given'), 'meta.helm.sh/release-name=heir');
    await kubectl('annotate', ...of('c-changed'), 'example.com/seen=yes');
    const anew = await kubectl('get', ...of('d-anew'), '-o', 'json');
    await kubectl('delete', ...of('d-anew'));
    const { metadata, data } = JSON.parse(anew) as KubeObject & { readonly data: object };
    const { name, labels = {}, annotations = {} } = metadata;
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels, annotations }, data };
    await world.client.create(CoreResources.configMaps, object, { namespace, fieldManager: 'purge-test' });
  };
  const native = nativeDriver(world.client);
  let isFirst = true;
  const deps = world.deps(
    { concurrency: 1 },
    {
      driver: 'native',
      uninstall: async (request) => {
        if (isFirst) await change();
        isFirst = false;
        return native.uninstall(request);
      },
    },
  );
  const plan = await makePlan(deps, { namespaces: [namespace] });
  const { outcomes } = await executePlan(deps, plan);
  const results = Object.fromEntries(outcomes.map((one) => [one.name, one]));
  expect(results).toMatchObject({
    'a-first': { result: 'purged' },
    'b-given': { result: 'failed' },
    'c-changed': { result: 'purged' },
    'd-anew': { result: 'failed' },
  });
  expect(JSON.stringify(results['b-given'])).toContain(`${namespace}/heir`);
  expect(await world.objects(namespace)).toEqual(['b-given', 'd-anew']);
});

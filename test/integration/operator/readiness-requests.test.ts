// What readiness costs the API server: nothing while all is well, and little while it is not.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { type KindsRun, startKinds } from '../../support/kinds-chart.ts';
import { eventually } from '../../support/operator-run.ts';
import { testCluster } from '../../support/test-context.ts';

const podLists = { path: /\/pods$/, method: 'GET', isWatch: false };
const behaviour = (name: string) => ({ podAnnotations: { 'local.velotio.com/behaviour': name } });

async function withOperator(
  namespace: string,
  work: (operator: KindsRun, proxy: ChaosProxy) => Promise<void>,
): Promise<void> {
  await using proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
  const operator = await startKinds({ namespace, kubeconfig: proxy.kubeconfig });
  try {
    await work(operator, proxy);
  } finally {
    await operator.stop();
  }
}

/** How often the Deployment's status was written, as the API server counts. */
async function statusWrites(operator: KindsRun, work: () => Promise<void>): Promise<number> {
  const { client, namespace } = operator;
  const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', isNamespaced: true };
  const stop = new AbortController();
  const { resourceVersion } = await client.list(deployments, { namespace });
  const events = await client.watch(deployments, {
    namespace,
    resourceVersion,
    timeoutSeconds: 300,
    signal: stop.signal,
  });
  let count = 0;
  const counting = (async () => {
    for await (const event of events) if (event.type === 'MODIFIED') count += 1;
  })().catch(() => undefined);
  await work();
  stop.abort();
  await counting;
  return count;
}

describe('a roll-out of many pods', () => {
  test('costs at most ten reads of the Deployment a second, and its pods are not read', async () => {
    await withOperator('op-readiness-rollout', async (operator, proxy) => {
      await operator.create('deployment', { replicaCount: 2 });
      await operator.ready('deployment');
      const since = performance.now();
      const writes = await statusWrites(operator, async () => {
        await operator.client.merge(
          operator.bookStores,
          { spec: { replicaCount: 60, podAnnotations: { 'local.velotio.com/ready-after': '200ms' } } },
          { namespace: operator.namespace, name: 'deployment', fieldManager: 'test' },
        );
        await operator.ready('deployment');
      });
      const reads = { path: /\/deployments\/deployment$/, method: 'GET', sinceMs: since };
      expect(writes).toBeGreaterThan(10);
      expect(proxy.log.count(reads)).toBeLessThanOrEqual(writes + 2);
      expect(proxy.log.busiest(reads, 1_000)).toBeLessThanOrEqual(11);
      expect(proxy.log.count({ ...podLists, sinceMs: since })).toBeLessThanOrEqual(2);
    });
  });
});

describe('pods', () => {
  test('are never read of a release that is ready, and no more once it is', async () => {
    await withOperator('op-readiness-idle', async (operator, proxy) => {
      await operator.create('deployment');
      await operator.ready('deployment');
      expect(proxy.log.list(podLists)).toEqual([]);

      const pod = (await operator.kubectl('get', 'pods', '-o', 'name')).trim().slice(4);
      await operator.kubectl('annotate', 'pod', pod, 'local.velotio.com/behaviour=crash-loop');
      await operator.says('deployment', /CrashLoopBackOff/);
      await operator.kubectl('delete', 'pod', pod);
      await operator.ready('deployment');
      const since = performance.now();
      await delay(5_000); // long enough for the next look, were there one
      const requests = proxy.log.list({ userAgent: /test-operator/, isWatch: false, sinceMs: since });
      expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    });
  });

  test('of a workload that stays broken are read less and less often, a page at a time', async () => {
    await withOperator('op-readiness-broken', async (operator, proxy) => {
      await operator.create('deployment', { replicaCount: 3, ...behaviour('image-pull-error') });
      await operator.says('deployment', /ImagePullBackOff/);
      await eventually('three looks', () => Promise.resolve(proxy.log.count(podLists) === 3));
      const times = proxy.log.list(podLists).map(({ atMs }) => atMs);
      const [first = 0, second = 0] = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
      expect(first).toBeGreaterThan(3_500);
      expect(second).toBeGreaterThan(7_500);
      const [{ url } = { url: '' }] = proxy.log.list(podLists);
      expect(new URLSearchParams(url.split('?')[1])).toEqual(
        new URLSearchParams({ labelSelector: 'app=deployment', limit: '100' }),
      );
    });
  });

  test('that may not be read are done without: the numbers are told, and the right is asked for once', async () => {
    await withOperator('op-readiness-no-pods', async (operator, proxy) => {
      proxy.faults.add({ kind: 'status', code: 403, reason: 'Forbidden', where: podLists });
      await operator.create('deployment', behaviour('crash-loop'));
      await operator.create('statefulset', behaviour('crash-loop'));
      await operator.says('deployment', /^Deployment deployment: 0 of 1 pods are available$/);
      await operator.says('statefulset', /^StatefulSet statefulset: 0 of 1 pods are ready$/);
      await eventually('the pods were asked for', () => Promise.resolve(proxy.log.count(podLists) > 0));
      await delay(5_000); // the second look of both would be over
      const lines = operator.log.filter((line) => line.includes('pods may not be read'));
      expect(lines.length).toBe(proxy.log.count(podLists));
      expect(lines.length).toBeLessThanOrEqual(2); // both may ask at the same moment
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        namespace: operator.namespace,
        resource: 'pods',
        verb: 'list',
      });
    });
  });
});

// The operator killed at random moments, while resources come, change and go: everything converges all the same.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { OpenClient } from '../../src/kube/open-client.ts';
import { CoreResources, type Resource } from '../../src/kube/resource.ts';
import { createNamespace, openTestClient } from '../support/cluster-client.ts';
import { MortalOperator } from '../support/mortal-operator.ts';
import { condition, established, kubectl, tutorialBookStore, type Watched } from '../support/operator-run.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';

const run = soak('operator', { seconds: 420 });
const kills = run.isFull ? 100 : 8;
const resources = 20;
/** helm's time limit; a release that was pending when helm died, and cannot be proved so, is freed a minute later. */
const timeoutMs = 5_000;
const convergeWithinMs = timeoutMs + 60_000 + 60_000;
const bookStores: Resource = {
  group: 'velotio.com',
  version: 'v1alpha1',
  kind: 'BookStore',
  plural: 'bookstores',
  isNamespaced: true,
};
const fieldManager = 'test';

let opened: OpenClient;
let client: KubeClient;
let namespace: string;
let operator: MortalOperator;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/');
  await established('bookstores.velotio.com');
  namespace = await createNamespace(client, 'soak-operator');
  const directory = await mkdtemp(join(testCluster().testRoot, 'soak-operator-'));
  operator = await MortalOperator.prepare({ directory, namespace, entry: { timeout: `${timeoutMs / 1000}s` } });
});
afterAll(async () => {
  await operator.end('SIGTERM');
  await kubectl('delete', 'namespace', namespace, '--wait=false');
  await opened.close();
});

/** What is asked for: the number of replicas by name; what is not here shall not be there. */
const wanted = new Map<string, number>();

/** One change: a resource comes, changes, or goes. */
async function change(): Promise<void> {
  const name = `shop-${run.between(1, resources)}`;
  const replicas = run.between(1, 4);
  const isThere = wanted.has(name);
  if (isThere && run.random() < 0.35) {
    wanted.delete(name);
    await client.delete(bookStores, { namespace, name });
    return;
  }
  if (isThere) {
    await client.merge(bookStores, { spec: { replicaCount: replicas } }, { namespace, name, fieldManager });
  } else {
    const held = await client.find(bookStores, { namespace, name });
    if (held !== undefined) return; // it is still going
    const fresh = tutorialBookStore(namespace, name);
    await client.create(
      bookStores,
      { ...fresh, spec: { ...(fresh.spec as object), replicaCount: replicas } },
      { fieldManager },
    );
  }
  wanted.set(name, replicas);
}

/** What is not as it is asked for, a line each. */
async function differences(): Promise<readonly string[]> {
  const found: string[] = [];
  const { items } = await client.list<Watched>(bookStores, { namespace });
  const byName = new Map(items.map((item) => [item.metadata.name, item]));
  for (const name of byName.keys()) if (!wanted.has(name)) found.push(`${name} is still there`);
  for (const [name, replicas] of wanted) {
    const { metadata, spec, status } = byName.get(name) ?? {};
    if (spec?.replicaCount !== replicas) found.push(`${name} is not what was written`);
    if (status?.observedGeneration !== metadata?.generation || condition(status, 'Ready')?.status !== 'True') {
      const { reason, message } = condition(status, 'Ready') ?? {};
      found.push(`${name} is not ready: ${reason} ${message}`);
    }
  }
  const records = await client.list(CoreResources.secrets, {
    namespace,
    labelSelector: 'owner=helm',
    isMetadataOnly: true,
  });
  for (const { metadata } of records.items) {
    const { name = '', status = '' } = metadata.labels ?? {};
    if (!wanted.has(name)) found.push(`record ${metadata.name} is an orphan`);
    if (/^pending|uninstalling/.test(status)) found.push(`record ${metadata.name} is ${status}`);
  }
  for (const resource of [CoreResources.deployments, services]) {
    const objects = await client.list<KubeObject>(resource, { namespace, isMetadataOnly: true });
    for (const { metadata } of objects.items) {
      const owner = metadata.annotations?.['meta.helm.sh/release-name'] ?? '';
      if (!wanted.has(owner)) found.push(`${resource.plural} ${metadata.name} is an orphan`);
    }
  }
  const deployments = await client.list<KubeObject & { spec: { replicas: number } }>(CoreResources.deployments, {
    namespace,
  });
  for (const { metadata, spec } of deployments.items) {
    const replicas = wanted.get(metadata.annotations?.['meta.helm.sh/release-name'] ?? '');
    const isApp = !metadata.name.endsWith('-mongodb');
    if (isApp && replicas !== undefined && spec.replicas !== replicas) {
      found.push(`deployment ${metadata.name} has ${spec.replicas} replicas, not ${replicas}`);
    }
  }
  return found;
}

const services: Resource = { group: '', version: 'v1', kind: 'Service', plural: 'services', isNamespaced: true };

it('converges, whenever it is killed: nothing pending, no orphan, no stuck finalizer, one helm a release', async () => {
  const startedMs = performance.now();
  let changes = 0;
  for (let killed = 0; killed < kills; killed += 1) {
    operator.start();
    const livesForMs = 500 + run.random() * 3_000;
    const diesAtMs = performance.now() + livesForMs;
    while (performance.now() < diesAtMs) {
      await change();
      changes += 1;
      await delay(run.between(20, 200));
    }
    await operator.end('SIGKILL');
  }
  const chaosMs = performance.now() - startedMs;
  operator.start();
  const restartedMs = performance.now();
  let left = await differences();
  while (left.length > 0 && performance.now() - restartedMs < convergeWithinMs) {
    await delay(250);
    left = await differences();
  }
  run.print({
    'kills, changes, helm calls': `${kills}, ${changes}, ${operator.helmCalls} in ${Math.round(chaosMs / 1000)} s`,
    'resources at the end': wanted.size,
    'converged after': `${((performance.now() - restartedMs) / 1000).toFixed(1)} s`,
  });
  expect(left).toEqual([]);
  expect(operator.violations).toEqual([]);
}, 1_200_000);

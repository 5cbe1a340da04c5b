// The operator killed at random moments, while resources come, change and go: everything converges all the same.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { OpenClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { createNamespace, openTestClient } from '../support/cluster-client.ts';
import { MortalOperator } from '../support/mortal-operator.ts';
import { condition, kubectl, type Watched } from '../support/operator-run.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';
import { installWhims, type WhimKind, whimChart } from '../support/whims.ts';

const run = soak('operator', { seconds: 420 });
const kills = run.isFull ? 100 : 8;
const resources = 20;
/** helm's time limit; a release that was pending when helm died, and cannot be proved so, is freed a minute later. */
const timeoutMs = 5_000;
const convergeWithinMs = timeoutMs + 60_000 + 60_000;
const fieldManager = 'test';

let opened: OpenClient;
let client: KubeClient;
let namespace: string;
let kind: WhimKind;
let operator: MortalOperator;

beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
  namespace = await createNamespace(client, 'soak-operator');
  kind = await installWhims('SoakWhim', { namespace });
  const directory = await mkdtemp(join(testCluster().testRoot, 'soak-operator-'));
  const { group, version } = kind.resource;
  const entry = { group, version, kind: kind.kind, chart: whimChart, timeout: `${timeoutMs / 1000}s` };
  operator = await MortalOperator.prepare({ directory, namespace, entry });
});
afterAll(async () => {
  await operator.end('SIGTERM');
  await kubectl('delete', 'namespace', namespace, '--wait=false');
  await opened.close();
});

/** What a resource asks for: objects that come and go, hooks, and what makes helm fail on its way. */
interface Wish {
  readonly greeting: string;
  readonly clusterRole: boolean;
  readonly service: boolean;
  readonly workload: 'none' | 'good';
  readonly preInstall: Hook;
  readonly postInstall: Hook;
  readonly preUpgrade: Hook;
  readonly preDelete: Hook;
  readonly refused: boolean;
}

type Hook = 'none' | 'good' | 'fail';

/** By name; what is not here shall not be there. */
const wanted = new Map<string, Wish>();

function newWish(): Wish {
  const isOn = (chance: number): boolean => run.random() < chance;
  const hook = (): Hook => (isOn(0.08) ? 'fail' : isOn(0.1) ? 'good' : 'none');
  return {
    greeting: `hello ${run.between(1, 1_000_000)}`,
    clusterRole: isOn(0.5),
    service: isOn(0.5),
    workload: isOn(0.5) ? 'good' : 'none',
    preInstall: hook(),
    postInstall: hook(),
    preUpgrade: hook(),
    preDelete: isOn(0.1) ? 'good' : 'none',
    refused: isOn(0.08),
  };
}

/** The same without what fails. */
function healed(wish: Wish): Wish {
  return { ...wish, preInstall: 'none', postInstall: 'none', preUpgrade: 'none', refused: false };
}

/** One change: a resource comes, changes, or goes. */
async function change(): Promise<void> {
  const name = `whim-${run.between(1, resources)}`;
  const spec = newWish();
  const isThere = wanted.has(name);
  if (isThere && run.random() < 0.35) {
    wanted.delete(name);
    await client.delete(kind.resource, { namespace, name });
    return;
  }
  if (isThere) {
    await client.merge(kind.resource, { spec }, { namespace, name, fieldManager });
  } else {
    const held = await client.find(kind.resource, { namespace, name });
    if (held !== undefined) return; // it is still going
    await client.create(kind.resource, kind.whim(name, { ...spec }), { fieldManager });
  }
  wanted.set(name, spec);
}

/** What is not as it is asked for, a line each. */
async function differences(): Promise<readonly string[]> {
  const found: string[] = [];
  const { items } = await client.list<Watched>(kind.resource, { namespace });
  const byName = new Map(items.map((item) => [item.metadata.name, item]));
  for (const [name, { status }] of byName) {
    const { reason, message } = condition(status, 'Ready') ?? {};
    if (!wanted.has(name)) found.push(`${name} is still there: ${reason} ${message}`);
  }
  for (const [name, { greeting }] of wanted) {
    const { metadata, spec, status } = byName.get(name) ?? {};
    if (spec?.greeting !== greeting) found.push(`${name} is not what was written`);
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
  const latest = new Map<string, { readonly revision: number; readonly status: string }>();
  for (const { metadata } of records.items) {
    const { name = '', status = '', version = '' } = metadata.labels ?? {};
    if (!wanted.has(name)) found.push(`record ${metadata.name} is an orphan`);
    if (Number(version) > (latest.get(name)?.revision ?? 0)) latest.set(name, { revision: Number(version), status });
  }
  // one that was rolled over stays as its helm left it: helm, too, asks the latest alone
  for (const [name, { revision, status }] of latest) {
    if (/^pending|uninstalling/.test(status)) found.push(`revision ${revision} of ${name} is ${status}`);
  }
  const objects = (await Promise.all(kindsOfChart.map(objectsOf))).flat();
  const there = new Set(objects.map(({ what, release }) => `${what} of ${release}`));
  const due = new Set([...wanted].flatMap(([name, wish]) => kindsOf(wish).map((what) => `${what} of ${name}`)));
  for (const each of there) if (!due.has(each)) found.push(`${each} is an orphan`);
  for (const each of due) if (!there.has(each)) found.push(`${each} is missing`);
  const configMaps = await client.list<KubeObject & { data?: { greeting?: string } }>(CoreResources.configMaps, {
    namespace,
  });
  for (const { metadata, data } of configMaps.items) {
    const { greeting = data?.greeting } = wanted.get(metadata.name) ?? {};
    if (data?.greeting !== greeting) found.push(`${metadata.name} says ${data?.greeting}, not ${greeting}`);
  }
  return found;
}

/** All that the chart may render, and what its hooks make. */
const kindsOfChart = [
  { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
  { group: '', kind: 'ConfigMap' },
  { group: '', kind: 'Secret' },
  { group: '', kind: 'Service' },
  { group: '', kind: 'PersistentVolumeClaim' },
  { group: 'apps', kind: 'Deployment' },
  { group: 'batch', kind: 'Job' },
] as const;

function kindsOf({ clusterRole, service, workload }: Wish): readonly string[] {
  return [
    'ConfigMap',
    ...(clusterRole ? ['ClusterRole'] : []),
    ...(service ? ['Service'] : []),
    ...(workload === 'good' ? ['Deployment'] : []),
  ];
}

/** The objects of a kind, wherever they are, that carry the marks of a release in the namespace. */
async function objectsOf(of: (typeof kindsOfChart)[number]) {
  const resource = await new Discovery(client).findPreferred(of);
  if (resource === undefined) throw new Error(`${of.kind} is not served`);
  const where = resource.isNamespaced ? { namespace } : {};
  const { items } = await client.list<KubeObject>(resource, { ...where, isMetadataOnly: true });
  return items.flatMap(({ metadata: { annotations = {} } }) => {
    const release = annotations['meta.helm.sh/release-name'];
    const isHere = annotations['meta.helm.sh/release-namespace'] === namespace;
    return release === undefined || !isHere ? [] : [{ what: of.kind, release }];
  });
}

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
  for (const [name, wish] of wanted) {
    const spec = healed(wish);
    wanted.set(name, spec);
    await client.merge(kind.resource, { spec }, { namespace, name, fieldManager });
  }
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

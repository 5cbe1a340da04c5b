// A purge that is killed in the middle, and the same purge again: it takes away what is left, and nothing twice.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CoreResources } from '../../src/kube/resource.ts';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import { eventually } from '../support/eventually.ts';
import { kubectl } from '../support/operator-run.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { isAlive } from '../support/shims.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const whimChart = join(import.meta.dirname, '..', 'support', 'charts', 'whim');
const namespaces = 5;
const perNamespace = 6;
let world: PurgeWorld;
let child: ChildProcess | undefined;

beforeAll(async () => {
  world = await PurgeWorld.open('resume', cluster);
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await world[Symbol.asyncDispose]();
});

/** The records of Helm in a namespace, and the tiny chart's objects. */
async function standing(namespace: string) {
  const found = await Promise.all([
    world.client.list(CoreResources.secrets, { namespace, labelSelector: 'owner=helm', isMetadataOnly: true }),
    world.client.list(CoreResources.configMaps, { namespace, labelSelector: 'test.velotio.com/tiny' }),
  ]);
  return found.flatMap(({ items }) => items.map(({ metadata }) => metadata));
}

/** The processes that this one has started. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await execa('ps', ['-o', 'pid=', '--ppid', String(pid)], { reject: false });
  return stdout
    .split('\n')
    .map(Number)
    .filter((each) => each > 0);
}

it('ends what a killed one has begun, and touches nothing else', { timeout: 240_000 }, async () => {
  const homes: string[] = [];
  for (let count = 0; count < namespaces; count += 1) {
    const home = await world.namespace(`n${count}`);
    homes.push(home);
    await kubectl('create', 'serviceaccount', 'purger', '-n', home);
    const subject = `--serviceaccount=${home}:purger`;
    await kubectl('create', 'rolebinding', 'purger', '--clusterrole=admin', subject, '-n', home);
    if (count === 0) {
      // the oldest of them is under way for a while: its delete hook takes so long
      await world.helm('install', 'slow', whimChart, '-n', home, '--set', 'preDelete=good,worksFor=5s');
      await delay(1_100); // ages are counted in whole seconds
    }
    await Promise.all(Array.from({ length: perNamespace }, (_each, at) => world.install(home, `r${at}`)));
    await world.install(home, 'my-db');
  }
  const other = await world.namespace('other', { isSelected: false });
  await world.install(other, 'r0');
  const operatorNamespace = await world.operatorNamespace();
  const policy = join(await mkdtemp(join(cluster.testRoot, 'resume-')), 'policy.yaml');
  const selector = `namespaceSelector: {matchLabels: {purge-test: ${world.id}}}`;
  const spec = `{concurrency: 4, serviceAccount: purger, exclude: ['*-db'], ${selector}}`;
  await writeFile(
    policy,
    `{apiVersion: velotio.com/v1alpha1, kind: PurgePolicy, metadata: {name: nightly}, spec: ${spec}}\n`,
  );
  const args = [main, 'purge', 'run', '-f', policy, '--yes', '-o', 'json'];
  const { path: PATH, kubeconfig: KUBECONFIG, testRoot: HOME } = cluster;
  const env = { PATH, HOME, KUBECONFIG, POD_NAMESPACE: operatorNamespace };
  const records = async () => {
    const all = (await Promise.all(homes.map(standing))).flat();
    return all.filter(({ labels }) => labels?.owner === 'helm' && labels.name !== 'my-db');
  };
  const kept = async (): Promise<readonly string[]> => {
    const all = [...(await Promise.all(homes.map(standing))).flat(), ...(await standing(other))];
    return all
      .filter(({ namespace, name }) => namespace === other || name.includes('my-db'))
      .map(({ namespace, name, uid, resourceVersion }) => `${namespace}/${name} ${uid} ${resourceVersion}`)
      .sort();
  };
  const before = await kept();
  expect(await records()).toHaveLength(namespaces * perNamespace + 1);

  child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  await expect.poll(async () => (await records()).length, { timeout: 60_000 }).toBeLessThan(20);
  const helms = await childrenOf(child.pid ?? 0);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  expect(helms.length).toBeGreaterThan(0);
  await eventually(() => Promise.all(helms.map(isAlive))).toEqual(helms.map(() => false));
  const left = await records();
  expect(left.filter(({ labels }) => labels?.status === 'uninstalling').length).toBeGreaterThan(0);

  const again = await execa(process.execPath, args, { env, reject: false });
  expect(again.exitCode).toBe(0);
  const report = JSON.parse(again.stdout) as PurgeReport;
  const done = report.outcomes.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  const expected = left.map(({ namespace, labels }) => `${namespace}/${labels?.name}`).sort();
  expect([done, report.counts]).toMatchObject([
    expected,
    { purged: left.length, failed: 0, skipped: 0, notStarted: 0 },
  ]);
  expect([await records(), await kept()]).toEqual([[], before]);
});

// Ctrl-C on a terminal, once and twice, and a terminal that goes away: what becomes of what is in flight, and what is said of it.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import { eventually } from '../support/eventually.ts';
import { helmProcess } from '../support/helm-processes.ts';
import { kubectl } from '../support/operator-run.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { isAlive } from '../support/shims.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const whimChart = join(import.meta.dirname, '..', 'support', 'charts', 'whim');
let world: PurgeWorld;
let operatorNamespace: string;

beforeAll(async () => {
  world = await PurgeWorld.open('interrupt', cluster);
  operatorNamespace = await world.operatorNamespace();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Two releases, one after the other: the first has a delete hook that takes so long. */
async function scene(name: string, worksFor: string) {
  const namespace = await world.namespace(name);
  await kubectl('create', 'serviceaccount', 'purger', '-n', namespace);
  await kubectl(
    'create',
    'rolebinding',
    'purger',
    '--clusterrole=admin',
    `--serviceaccount=${namespace}:purger`,
    '-n',
    namespace,
  );
  await world.helm('install', 'a', whimChart, '-n', namespace, '--set', `preDelete=good,worksFor=${worksFor}`);
  await world.install(namespace, 'b');
  const dir = await mkdtemp(join(cluster.testRoot, 'interrupt-'));
  const policy = join(dir, 'policy.yaml');
  const selector = `{purge-test: ${world.id}, kubernetes.io/metadata.name: ${namespace}}`;
  await writeFile(
    policy,
    `apiVersion: velotio.com/v1alpha1
kind: PurgePolicy
metadata: {name: nightly}
spec:
  concurrency: 1
  serviceAccount: purger
  namespaceSelector: {matchLabels: ${selector}}
`,
  );
  const report = join(dir, 'report.json');
  const command = `exec ${process.execPath} ${main} purge run -f ${policy} --yes -o json > ${report}`;
  const terminal = execa('script', ['-qefc', command, '/dev/null'], {
    env: { PATH: cluster.path, KUBECONFIG: cluster.kubeconfig, POD_NAMESPACE: operatorNamespace },
    stdin: 'pipe',
    reject: false,
  });
  let screen = '';
  terminal.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
  });
  const helm = await helmProcess('uninstall', 'a', `--namespace=${namespace}`);
  return {
    namespace,
    terminal,
    helm,
    ctrlC: async (answer: string) => {
      terminal.stdin.write('\u0003');
      await eventually(() => screen).toContain(answer);
    },
    readReport: async () => JSON.parse(await readFile(report, 'utf8')) as PurgeReport,
  };
}

it('finishes what is in flight after one Ctrl-C, and says so', async () => {
  const { namespace, terminal, ctrlC, readReport } = await scene('once', '3s');
  await ctrlC('interrupted: 1 release in flight to be finished');
  const { exitCode, stdout } = await terminal;
  expect(exitCode).toBe(130);
  expect(stdout).toContain('stopping, 1 in flight');
  const { outcomes, stoppedBy } = await readReport();
  expect([stoppedBy, outcomes]).toMatchObject(['interrupted', [{ result: 'purged' }, { result: 'not-started' }]]);
  expect(await world.releases(namespace)).toEqual(['b']);
});

it('ends what is in flight after two, and says what is not known of it', async () => {
  const { namespace, terminal, helm, ctrlC, readReport } = await scene('twice', '60s');
  await ctrlC('interrupted: 1 release in flight to be finished');
  await ctrlC('ending 1 release in flight now');
  const startedMs = performance.now();
  const { exitCode, stdout } = await terminal;
  expect(exitCode).toBe(130);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(await isAlive(helm)).toBe(false);
  expect(stdout).toContain('It is not known what is gone already');
  const { outcomes, stoppedBy } = await readReport();
  expect([stoppedBy, outcomes]).toMatchObject([
    'interrupted',
    [{ result: 'failed', code: 'HELM_CANCELLED', record: 'left' }, { result: 'not-started' }],
  ]);
  expect(await world.releases(namespace)).toEqual(['a', 'b']);
});

it('finishes what is in flight when its terminal goes away', async () => {
  const { namespace, terminal, readReport } = await scene('gone', '3s');
  terminal.kill('SIGKILL');
  await terminal;
  await eventually(() => world.releases(namespace)).toEqual(['b']);
  const outcomes = () =>
    readReport().then(
      (report) => report.outcomes,
      () => [],
    );
  await eventually(outcomes).toMatchObject([{ result: 'purged' }, { result: 'not-started' }]);
});

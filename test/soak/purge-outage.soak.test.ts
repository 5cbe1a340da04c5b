// The API server is killed and started again in the middle of a purge: each release is gone or named, the next run ends the
// rest, and nothing else was touched.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Helm } from '../../src/helm/process.ts';
import { type OpenClient, openClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { clusterPaths } from '../../src/local/cluster-paths.ts';
import { down } from '../../src/local/down.ts';
import { isRunning } from '../../src/local/process-identity.ts';
import { readState } from '../../src/local/state-store.ts';
import { up } from '../../src/local/up.ts';
import type { PurgeReport, ReleaseOutcome } from '../../src/purge/record/report.ts';
import { type DumpedObject, differences, dumpCluster } from '../support/cluster-dump.ts';
import { freeLease } from '../support/free-lease.ts';
import { newStateHome, testContext } from '../support/local-cluster.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';

const run = soak('purge-outage', { seconds: 60 });
const name = 'purge-outage';
/** Of each namespace: `keep-…` by the policy, `pinned` by an annotation, the others to purge. */
const namespaces = run.isFull ? 30 : 5;
const perNamespace = run.isFull ? 10 : 8;
const total = namespaces * perNamespace;
/** Longer than a Lease lasts, and shorter. */
const downMs = run.isFull ? 30_000 : 3_000;
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const chart = join(import.meta.dirname, '..', 'support', 'charts', 'tiny');
const operatorNamespace = 'bookstore-operator-system';
const { helm: binary, kubectl, path, testRoot } = testCluster();

let stateHome: string;
let kubeconfig: string;
let opened: OpenClient;
let helm: Helm;

const context = () => testContext(stateHome);
const startCluster = () => up({ name, nodes: 1, now: new Date() }, context());
const home = (at: number): string => `team-${at}`;

beforeAll(async () => {
  stateHome = await newStateHome(testRoot);
  ({ kubeconfig } = await startCluster());
  opened = await openClient({ kubeconfig, homeDir: stateHome });
  helm = new Helm({ binary, kubeconfig, env: { PATH: path, HOME: stateHome }, maxProcesses: 4 });
  await makeNamespace(operatorNamespace, {});
  await freeLease(opened.client, { namespace: operatorNamespace, name: 'bookstore-operator-purge' });
  for (let at = 0; at < namespaces; at += 1) await fill(home(at), { 'purge.velotio.com/enabled': 'true' });
  await fill('elsewhere', {});
}, 600_000);
afterAll(async () => {
  await opened?.close();
  await down({ name }, context());
});

async function makeNamespace(namespace: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const annotations = { 'keep.purge.velotio.com/pinned': 'true' };
  const metadata = { name: namespace, labels, annotations };
  await opened.client.create(
    CoreResources.namespaces,
    { apiVersion: 'v1', kind: 'Namespace', metadata },
    { fieldManager: 'soak' },
  );
}

async function fill(namespace: string, labels: Readonly<Record<string, string>>): Promise<void> {
  await makeNamespace(namespace, labels);
  const names = Array.from({ length: perNamespace }, (_each, at) => `r${at}`);
  await Promise.all(
    [...names, 'keep-me', 'pinned'].map((release) =>
      helm.run(['install', release, chart, '-n', namespace], { what: `install ${release}`, timeoutMs: 120_000 }),
    ),
  );
}

/** Whether it goes or comes with a release that is to be purged: its record, the tiny chart's one object, the way back. */
function isOfPurged(_key: string, { kind, metadata }: DumpedObject): boolean {
  if (metadata.namespace?.startsWith('team-') !== true) return false;
  const { labels, annotations } = metadata;
  const ofSecret = labels?.['purge.velotio.com/release'] ?? labels?.name;
  const release = kind === 'Secret' ? ofSecret : annotations?.['meta.helm.sh/release-name'];
  return release !== undefined && /^r\d+$/.test(release);
}

const dump = () => dumpCluster({ kubectl, kubeconfig, isExpectedToChange: isOfPurged });

/** `namespace/name` of the releases that are stored and to be purged. */
async function stored(): Promise<readonly string[]> {
  const { items } = await opened.client.list(CoreResources.secrets, {
    labelSelector: 'owner=helm',
    isMetadataOnly: true,
  });
  return items
    .filter(({ metadata }) => metadata.namespace?.startsWith('team-') && /^r\d+$/.test(metadata.labels?.name ?? ''))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.labels?.name}`)
    .sort();
}

async function purge(policy: string) {
  const env = { PATH: path, HOME: stateHome, KUBECONFIG: kubeconfig, POD_NAMESPACE: operatorNamespace };
  return execa(process.execPath, [main, 'purge', 'run', '-f', policy, '--yes', '-o', 'json'], {
    env,
    extendEnv: false,
    reject: false,
    timeout: 600_000,
  });
}

async function killApiServer(): Promise<void> {
  const identity = (await readState(clusterPaths(stateHome, name)))?.processes['kube-apiserver'];
  if (identity === undefined || !(await isRunning(identity))) throw new Error('the API server does not run');
  process.kill(identity.pid, 'SIGKILL');
}

const keyOf = ({ namespace, name: release }: ReleaseOutcome): string => `${namespace}/${release}`;
const ended = (report: PurgeReport, result: ReleaseOutcome['result']) =>
  report.outcomes.filter((outcome) => outcome.result === result);

it('leaves each release gone or named, and nothing else touched', { timeout: 1_200_000 }, async () => {
  const policy = join(await mkdtemp(join(testRoot, 'outage-')), 'policy.yaml');
  const spec = `{exclude: ['keep-*'], namespaceSelector: {matchLabels: {purge.velotio.com/enabled: 'true'}}}`;
  await writeFile(
    policy,
    `{apiVersion: velotio.com/v1alpha1, kind: PurgePolicy, metadata: {name: nightly}, spec: ${spec}}\n`,
  );
  const before = await dump();
  expect(await stored()).toHaveLength(total);

  const first = purge(policy);
  while ((await stored()).length > total / 2) await delay(50);
  await killApiServer();
  await delay(downMs);
  await startCluster();
  const { exitCode, stdout, stderr } = await first;
  const report = JSON.parse(stdout) as PurgeReport;
  const left = await stored();
  run.print({
    ...report.counts,
    stoppedBy: report.stoppedBy ?? 'nothing',
    'left after it': left.length,
    exitCode: exitCode ?? -1,
  });

  expect(report.outcomes.map(keyOf)).toHaveLength(total);
  expect(
    ended(report, 'purged')
      .map(keyOf)
      .filter((key) => left.includes(key)),
  ).toEqual([]);
  const named = ['failed', 'skipped', 'not-started'] as const;
  expect(named.flatMap((result) => ended(report, result)).map(keyOf)).toEqual(expect.arrayContaining([...left]));
  for (const outcome of ended(report, 'failed'))
    expect(outcome).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
  expect(exitCode, stderr).toBeOneOf([0, 1, 5]);

  const second = await purge(policy);
  expect([second.exitCode, (JSON.parse(second.stdout) as PurgeReport).counts]).toMatchObject([
    0,
    { purged: left.length, failed: 0, notStarted: 0 },
  ]);
  expect(await stored()).toEqual([]);
  expect(differences(before, await dump())).toEqual([]);
});

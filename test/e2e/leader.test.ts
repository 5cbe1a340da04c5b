// Two replicas of `bookstore-operator run --leader-elect` as processes: one acts, the other is ready to.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { freePorts } from '../../src/local/ports.ts';
import { grant } from '../support/grant.ts';
import { eventually, kubectl, tutorialBookStore } from '../support/operator-run.ts';
import { testCluster } from '../support/test-context.ts';

const { kubeconfig, path, testRoot } = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const namespace = 'e2e-leader';
let directory: string;
const replicas: { readonly kill: (signal: NodeJS.Signals) => boolean }[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(testRoot, 'e2e-leader-'));
  await kubectl('create', 'namespace', namespace);
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/');
});

const made: string[] = [`namespace/${namespace}`];
afterAll(async () => {
  for (const replica of replicas) replica.kill('SIGKILL');
  await kubectl('delete', ...made, '--wait=false');
});

/** `leaseNamespace`: where the Lease is. `as`: whose rights it has, an admin's otherwise. */
async function replica({ leaseNamespace = namespace, as = kubeconfig } = {}) {
  const [port = 0] = await freePorts(1);
  const flags = [`--health-probe-bind-address=127.0.0.1:${port}`, '--leader-elect'];
  const child = execa(process.execPath, [main, 'run', ...flags, `--leader-election-namespace=${leaseNamespace}`], {
    env: { PATH: path, HOME: directory, KUBECONFIG: as, WATCH_NAMESPACE: namespace },
    extendEnv: false,
    reject: false,
  });
  replicas.push(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const says = (text: string) => eventually(`the log says ${text}`, () => Promise.resolve(log.includes(text)));
  await says('operator started');
  const ready = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    return `${answer.status} ${(await answer.text()).trim()}`;
  };
  const answers = (text: string | RegExp) =>
    eventually(`/readyz says ${text}`, async () => (await ready()).match(text) !== null);
  return { child, says, answers, log: () => log };
}

/** The admin's kubeconfig, with the rights of somebody who may do much, and nothing with Leases. */
async function withoutLeases(user: string): Promise<string> {
  const rules = ['', 'velotio.com', 'apps', 'autoscaling', 'events.k8s.io', 'apiextensions.k8s.io'].map((group) => ({
    apiGroups: [group],
    resources: ['*'],
    verbs: ['*'],
  }));
  const head = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: user } };
  const [apiGroup, name] = ['rbac.authorization.k8s.io', user];
  const bound = { roleRef: { apiGroup, kind: 'ClusterRole', name }, subjects: [{ apiGroup, kind: 'User', name }] };
  const manifest = join(directory, 'rights.json');
  const items = [
    { ...head, kind: 'ClusterRole', rules },
    { ...head, kind: 'ClusterRoleBinding', ...bound },
  ];
  await writeFile(manifest, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl('apply', '-f', manifest);
  made.push(`clusterrole/${user}`, `clusterrolebinding/${user}`);
  const config = parse(await readFile(kubeconfig, 'utf8')) as { users: { user: object }[] };
  const users = config.users.map((each) => ({ ...each, user: { ...each.user, as: user } }));
  const file = join(directory, 'restricted.kubeconfig');
  await writeFile(file, stringify({ ...config, users }));
  return file;
}

async function apply(name: string): Promise<void> {
  const manifest = join(directory, `${name}.json`);
  await writeFile(manifest, JSON.stringify(tutorialBookStore(namespace, name)));
  await kubectl('apply', '-f', manifest);
  await kubectl('-n', namespace, 'wait', '--for=condition=Ready', `bookstore/${name}`, '--timeout=90s');
}

test('one acts; at its end, clean or not, the other takes over', async () => {
  const first = await replica();
  await first.says('"message":"leading"');
  const second = await replica();
  await apply('one');
  expect(first.log()).toContain('"message":"deploying"');
  expect(second.log()).not.toContain('"message":"deploying"');

  // a clean end hands over at once
  first.child.kill('SIGTERM');
  expect((await first.child).exitCode).toBe(0);
  await second.says('"message":"leading"');
  await apply('two');

  // one that is killed keeps the Lease until it runs out
  const third = await replica();
  second.child.kill('SIGKILL');
  await second.child;
  await apply('three');
  expect(third.log()).toContain('"message":"leading"');
  await kubectl('-n', namespace, 'delete', 'bookstore', '--all', '--timeout=60s');
  third.child.kill('SIGTERM');
  expect((await third.child).exitCode).toBe(0);
});

test('a leader that is stopped does nothing when it goes on, until it leads again', async () => {
  const stopped = await replica();
  await stopped.says('"message":"leading"');
  const other = await replica();
  stopped.child.kill('SIGSTOP');
  await other.says('"message":"leading"');
  await apply('four');
  stopped.child.kill('SIGCONT');
  await stopped.says('"message":"no longer leading"');
  await apply('five');
  expect(stopped.log()).not.toContain('"message":"deploying"');
  await kubectl('-n', namespace, 'delete', 'bookstore', '--all', '--timeout=60s');
  for (const { child } of [stopped, other]) {
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
  }
});

test('a replica that can never lead is not ready, and says why, until it can', async () => {
  const leaseNamespace = `${namespace}-later`;
  const first = await replica({ leaseNamespace });
  await first.answers(
    /^503 waiting for .*Lease e2e-leader-later\/bookstore-operator \(.*"e2e-leader-later" not found\)$/,
  );
  await kubectl('create', 'namespace', leaseNamespace);
  made.push(`namespace/${leaseNamespace}`);
  await first.answers(/^200 ok, standby$/); // it waits for whoever may have held one that was deleted
  await first.answers(/^200 ok, leading$/);
  const standby = await replica({ leaseNamespace });
  await standby.answers(/^200 ok, standby$/);
  for (const { child } of [standby, first]) {
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
  }
});

test('nor is one without the right to the Lease, until it has it', async () => {
  const user = 'e2e-leader-restricted';
  const restricted = await replica({ as: await withoutLeases(user) });
  await restricted.answers(/^503 waiting for Lease e2e-leader\/bookstore-operator \(.*forbidden.*\)$/);
  const resources = ['leases.coordination.k8s.io'];
  await grant({ namespace, name: user, user, verbs: ['create', 'get', 'patch', 'watch'], resources });
  await restricted.answers(/^200 ok, (standby|leading)$/);
  await restricted.answers(/^200 ok, leading$/);
  restricted.child.kill('SIGTERM');
  expect((await restricted.child).exitCode).toBe(0);
});

// Two replicas of `bookstore-operator run --leader-elect` as processes: one acts, the other is ready to.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

afterAll(async () => {
  for (const replica of replicas) replica.kill('SIGKILL');
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

async function replica() {
  const flags = ['--health-probe-bind-address=0', '--leader-elect', `--leader-election-namespace=${namespace}`];
  const child = execa(process.execPath, [main, 'run', ...flags], {
    env: { PATH: path, HOME: directory, KUBECONFIG: kubeconfig, WATCH_NAMESPACE: namespace },
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
  return { child, says, log: () => log };
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

// `bookstore-operator local …` as a user runs it: streams, exit codes, Ctrl-C.
import { chmod, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { clusterPaths } from '../../src/local/cluster-paths.ts';
import { isThere } from '../../src/local/files.ts';
import { readState } from '../../src/local/state-store.ts';
import { newStateHome } from '../support/local-cluster.ts';
import { testCluster } from '../support/test-context.ts';

const { testRoot, path } = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

let stateHome: string;
beforeEach(async () => {
  stateHome = await newStateHome(testRoot);
});

const local = (args: readonly string[], env: Options['env'] = {}) =>
  execa(process.execPath, [main, 'local', ...args], {
    env: { PATH: path, XDG_STATE_HOME: stateHome, ...env },
    reject: false,
  });

async function processesOf(dir: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(dir));
}

test('up prints the lines that make a shell use the cluster, which outlives the command; down ends it', async () => {
  const up = await local(['up', '--name', 'e2e', '--nodes', '1']);
  expect([up.exitCode, up.stderr]).toEqual([0, expect.stringMatching(/^the cluster e2e is up \(\d+\.\d s\): https/m)]);
  const kubeconfig = await local(['kubeconfig', '--name', 'e2e']);
  expect(up.stdout.split('\n')[0]).toBe(`export KUBECONFIG=${kubeconfig.stdout}`);
  const shell = await execa('sh', ['-c', `${up.stdout}\nkubectl get nodes -o name && helm list -A -q`], {
    env: { PATH: path },
  });
  expect(shell.stdout).toBe('node/node-1');

  const again = await local(['up', '--name', 'e2e', '--nodes', '1']);
  expect([again.exitCode, again.stdout]).toEqual([0, up.stdout]);
  expect(again.stderr).toContain('the cluster e2e is running already');

  const elsewhere = await local(['up', '--name', 'e2e', '--port', '1']);
  expect([elsewhere.exitCode, elsewhere.stdout]).toEqual([2, '']);
  expect(elsewhere.stderr).toMatch(/^error: the cluster e2e runs on port \d+, not on 1\n {2}→ Leave --port out .*/);

  const table = await local(['status', '--name', 'e2e']);
  expect([table.exitCode, table.stdout]).toEqual([0, expect.stringMatching(/phase +Running.*kwok +running/s)]);
  const json: { phase: string } = JSON.parse((await local(['status', '--name', 'e2e', '-o', 'json'])).stdout);
  expect(json.phase).toBe('Running');

  const down = await local(['down', '--name', 'e2e']);
  expect([down.exitCode, down.stdout, down.stderr]).toEqual([0, '', 'the cluster e2e is down']);
  expect(await processesOf(stateHome)).toEqual([]);
});

test('without a cluster status ends with 1, kubeconfig says how to start one, down is content', async () => {
  expect(await local(['status'])).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('Absent') });
  const kubeconfig = await local(['kubeconfig']);
  expect([kubeconfig.exitCode, kubeconfig.stdout]).toEqual([1, '']);
  expect(kubeconfig.stderr).toBe(
    'error: there is no local cluster default\n  → Start it: bookstore-operator local up --name default',
  );
  expect(await local(['down'])).toMatchObject({ exitCode: 0, stderr: 'there is no cluster default' });
});

test.for([
  [['up', '--name', '../x'], '"../x" is no name'],
  [['up', '--nodes', '0'], 'whole number from 1 to 500'],
  [['up', '--port', 'http'], 'whole number from 1 to 65535'],
  [['status', '-o', 'xml'], 'Allowed choices are table, json'],
] as const)('%j is a usage error', async ([args, message]) => {
  const { exitCode, stdout, stderr } = await local(args);
  expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
  expect(await isThere(join(stateHome, 'bookstore-operator'))).toBe(false);
});

test('a cluster whose state file is broken is taken down all the same', async () => {
  await local(['up', '--name', 'e2e', '--nodes', '1']);
  await writeFile(clusterPaths(stateHome, 'e2e').stateFile, '');
  const status = await local(['status', '--name', 'e2e']);
  expect([status.exitCode, status.stdout]).toEqual([2, '']);
  expect(status.stderr).toMatch(/state\.json: not JSON\n {2}→ `bookstore-operator local down --name e2e` finds /);
  const down = await local(['down', '--name', 'e2e']);
  expect([down.exitCode, down.stderr]).toEqual([0, expect.stringMatching(/the cluster e2e is down$/)]);
  expect(await processesOf(stateHome)).toEqual([]);
});

test('Ctrl-C while the cluster starts undoes what was begun and ends with 130', async () => {
  const child = local(['up', '--name', 'e2e']);
  const paths = clusterPaths(stateHome, 'e2e');
  while ((await readState(paths))?.processes['kube-apiserver'] === undefined) await delay(5);
  child.kill('SIGINT');
  expect(await child).toMatchObject({ exitCode: 130, stdout: '', stderr: expect.stringContaining('interrupted') });
  expect(await processesOf(stateHome)).toEqual([]);
  expect(await isThere(paths.stateDir)).toBe(false);
});

test('Ctrl-C in the middle of a build ends the compiler and leaves no draft, lock or cluster', async () => {
  const bin = await mkdtemp(join(testRoot, 'go-'));
  const started = join(bin, 'started');
  const go = `#!/bin/sh
case "$1" in
  version) echo go version go1.26.0 linux/amd64 ;;
  list) echo x ;;
  build) echo >${started}; exec sleep 1000.${process.pid} ;;
esac
`;
  await writeFile(join(bin, 'go'), go);
  await chmod(join(bin, 'go'), 0o755);
  const cacheHome = join(bin, 'cache');
  const child = local(['up'], { PATH: `${bin}:${path}`, XDG_CACHE_HOME: cacheHome });
  while (!(await isThere(started))) await delay(10);
  child.kill('SIGINT');
  expect(await child).toMatchObject({ exitCode: 130, stdout: '' });
  expect(await readdir(join(cacheHome, 'bookstore-operator', 'local-cluster'))).toEqual([]);
  expect(await processesOf(`sleep 1000.${process.pid}`)).toEqual([]);
  expect(await isThere(clusterPaths(stateHome, 'default').stateDir)).toBe(false);
});

test('Ctrl-C while helm and kubectl are being fetched takes the new cluster down again', async () => {
  const bin = await mkdtemp(join(testRoot, 'npm-'));
  const started = join(bin, 'started');
  await writeFile(join(bin, 'helm'), `#!/bin/sh\necho >${started}; exec sleep 1001.${process.pid}\n`, { mode: 0o755 });
  const child = local(['up', '--name', 'e2e'], { PATH: `${bin}:${path}` });
  while (!(await isThere(started))) await delay(10);
  child.kill('SIGINT');
  expect(await child).toMatchObject({ exitCode: 130, stdout: '' });
  expect(await processesOf(stateHome)).toEqual([]);
  expect(await processesOf(`sleep 1001.${process.pid}`)).toEqual([]);
});

test('no Go and no python3 is one error with the ways out, exit code 2', async () => {
  const bin = await mkdtemp(join(testRoot, 'empty-'));
  const failed = await local(['up'], { PATH: bin, XDG_CACHE_HOME: join(bin, 'cache') });
  expect([failed.exitCode, failed.stdout]).toEqual([2, '']);
  expect(failed.stderr).toMatch(/^error: there is no Go on PATH.*\n {2}→ Install Go .*BOOKSTORE_OPERATOR_LOCAL_ASSETS/);
});

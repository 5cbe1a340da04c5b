// Finding the processes of a cluster by their command lines: all of them, and nobody else's.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusterPaths } from '../../../src/local/cluster-paths.ts';
import { componentOf, findComponentProcesses, parsePs } from '../../../src/local/component-processes.ts';
import { componentArgs, componentNames } from '../../../src/local/components.ts';

const paths = clusterPaths('/state', 'one');
const input = { paths, etcdPort: 1, apiServerPort: 2, stagesFile: '/stages.yaml' };

test.for(componentNames)('%s is known by its command line, in the /proc of Linux and in the ps of others', (name) => {
  const commandLine = [`/my binaries/${name}`, ...componentArgs(name, input)];
  expect(componentOf(commandLine, paths.stateDir)).toBe(name);
  const [found] = parsePs(` 4711 ${commandLine.join(' ')}\n`);
  expect(found).toEqual({ pid: 4711, commandLine });
});

const { stateDir, kubeconfig } = paths;
test.for([
  [['kubectl', `--kubeconfig=${kubeconfig}`, 'get', 'pods']],
  [['node', 'src/main.ts', 'run', `--kubeconfig=${kubeconfig}`]],
  [['vim', `${stateDir}/state.json`]],
  [['sh', '-c', `etcd --data-dir=${stateDir}/etcd`]],
  [['grep', 'etcd', `--data-dir=${stateDir}/etcd`]],
  [['etcd', `--data-dir=${stateDir}-two/etcd`]],
  [['etcd', `--data-dir=/other${stateDir}/etcd`]],
  [['etcd', '--data-dir=/var/lib/etcd']],
  [['etcd']],
  [['']],
  [[]],
])('%j is nobody of the cluster', ([commandLine = []]) => {
  expect(componentOf(commandLine, stateDir)).toBeUndefined();
});

test('what ps prints besides processes is passed over', () => {
  expect(parsePs('\n  PID COMMAND\n 12 sh \n')).toEqual([{ pid: 12, commandLine: ['sh'] }]);
});

let dir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'find-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

/** A process that looks like another one. */
async function pretend(argv0: string, flag: string): Promise<number> {
  const child = spawn('sh', ['-c', 'while :; do sleep 1; done', flag], { argv0, stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

test('running ones are found, the last started first, those of another directory not', async () => {
  const mine = join(dir, 'one');
  const etcd = await pretend('/bin/etcd', `--data-dir=${mine}/etcd`);
  const kwok = await pretend('/bin/kwok', `--kubeconfig=${mine}/kubeconfig`);
  await pretend('/bin/etcd', `--data-dir=${mine}2/etcd`);
  await pretend('/bin/kubectl', `--kubeconfig=${mine}/kubeconfig`);
  const found = await findComponentProcesses(mine);
  expect(found.map(({ name, identity }) => [name, identity.pid])).toEqual([
    ['kwok', kwok],
    ['etcd', etcd],
  ]);
});

test('a directory that is not absolute has none: it would mean another one to each process', async () => {
  await pretend('/bin/etcd', '--data-dir=state/one/etcd');
  expect(await findComponentProcesses('state/one')).toEqual([]);
});

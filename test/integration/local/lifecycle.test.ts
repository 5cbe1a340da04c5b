// A cluster's life on real processes: up, found again, repaired, down; and what goes wrong on the way.
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBinaries } from '../../../src/local/binaries.ts';
import { clusterPaths } from '../../../src/local/cluster-paths.ts';
import { componentNames } from '../../../src/local/components.ts';
import { down } from '../../../src/local/down.ts';
import { isThere } from '../../../src/local/files.ts';
import type { LocalContext } from '../../../src/local/local-environment.ts';
import type { LocalEvent } from '../../../src/local/local-event.ts';
import { freePorts } from '../../../src/local/ports.ts';
import { identify, isRunning } from '../../../src/local/process-identity.ts';
import type { ClusterState } from '../../../src/local/state.ts';
import { readState, writeState } from '../../../src/local/state-store.ts';
import { status } from '../../../src/local/status.ts';
import { up } from '../../../src/local/up.ts';
import { newStateHome, testContext } from '../../support/local-cluster.ts';
import { testCluster } from '../../support/test-context.ts';

const { kubectl, testRoot } = testCluster();
const name = 'life';
const wish = { name, nodes: 2, now: new Date() };

let stateHome: string;
let context: LocalContext;
let events: LocalEvent[];
beforeEach(async () => {
  stateHome = await newStateHome(testRoot);
  events = [];
  context = testContext(stateHome, { report: (event) => events.push(event) });
});
afterEach(async () => {
  await down({ name }, context);
});

const paths = () => clusterPaths(stateHome, name);
const notes = () => events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
const remembered = async (): Promise<ClusterState> => {
  const state = await readState(paths());
  if (state === undefined) throw new Error('there is no state');
  return state;
};
const alive = async (state: ClusterState) => {
  const found = await Promise.all(Object.values(state.processes).map(isRunning));
  return found.filter(Boolean).length;
};
const kill = async (component: (typeof componentNames)[number]) => {
  const identity = (await remembered()).processes[component];
  if (identity === undefined) throw new Error(`${component} was not started`);
  process.kill(identity.pid, 'SIGKILL');
  while (await isRunning(identity)) await delay(10);
};

/** Every process of this machine that has this test's directory in its command line. */
async function processesOf(dir: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(dir));
}

test('up, status, a Deployment’s pods, down: nothing is left', async () => {
  const cluster = await up(wish, context);
  expect(cluster).toMatchObject({ name, outcome: 'started', kubeconfig: paths().kubeconfig });
  expect(await status({ name }, context)).toMatchObject({ phase: 'Running', nodes: { ready: 2, total: 2 } });
  const run = (...args: string[]) => execa(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args]);
  expect((await run('get', 'nodes', '--no-headers')).stdout.split('\n')).toHaveLength(2);
  await run('create', 'deployment', 'web', '--image', 'none');
  await run('rollout', 'status', 'deployment/web', '--timeout=60s');
  expect(await processesOf(stateHome)).toHaveLength(componentNames.length);
  expect(await down({ name }, context)).toBe('stopped');
  expect(await processesOf(stateHome)).toEqual([]);
  expect(await readdir(join(stateHome, 'bookstore-operator', 'local'))).toEqual([]);
  expect(await status({ name }, context)).toMatchObject({ phase: 'Absent' });
  expect(await down({ name }, context)).toBe('absent');
});

test('up of a running cluster starts nothing, but adds the nodes that are missing; it removes none, and says so', async () => {
  const first = await up(wish, context);
  const before = await remembered();
  expect(await up({ ...wish, nodes: 4 }, context)).toEqual({ ...first, outcome: 'running' });
  expect(await up({ ...wish, nodes: undefined }, context)).toEqual({ ...first, outcome: 'running' });
  expect(notes()).toEqual([]);
  expect(await up({ ...wish, nodes: 1 }, context)).toEqual({ ...first, outcome: 'running' });
  expect(notes()).toEqual(['the cluster life keeps its 4 nodes: --nodes adds some, and removes none']);
  expect(await remembered()).toEqual(before);
  expect(await status({ name }, context)).toMatchObject({ nodes: { ready: 4, total: 4 } });
});

test('a port that a running cluster does not have is an error, its own one is fine', async () => {
  const { apiServerPort } = await up(wish, context).then(remembered);
  const before = await remembered();
  const [other = 0] = await freePorts(1);
  await expect(up({ ...wish, nodes: 5, port: other }, context)).rejects.toMatchObject({
    code: 'LOCAL_PORT_DIFFERS',
    message: `the cluster life runs on port ${apiServerPort}, not on ${other}`,
    isTerminal: true,
    remedy: expect.stringContaining('local down --name life'),
  });
  expect(await remembered()).toEqual(before);
  expect(await status({ name }, context)).toMatchObject({ nodes: { ready: 2, total: 2 } });
  expect(await up({ ...wish, port: apiServerPort }, context)).toMatchObject({ outcome: 'running' });
});

test('two at once: one starts the cluster, the other waits for it and finds it running', async () => {
  const outcomes = await Promise.all([up(wish, context), up(wish, context)]);
  expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['running', 'started']);
  expect(notes()).toEqual([`another command works on the cluster ${name} (process ${process.pid}); waiting`]);
  expect(await processesOf(stateHome)).toHaveLength(componentNames.length);
});

test('a component that died is seen with its last words, and started again alone', async () => {
  await up(wish, context);
  const before = await remembered();
  await kill('kube-apiserver');
  const found = await status({ name }, context);
  expect(found.phase).toBe('Degraded');
  const dead = found.components.filter(({ state }) => state === 'dead');
  expect(dead.map((component) => component.name)).toEqual(['kube-apiserver']);
  expect(dead[0]?.lastLogLines.length).toBeGreaterThan(0);
  expect(await up(wish, context)).toMatchObject({ outcome: 'repaired' });
  expect(notes()[0]).toMatch(/^kube-apiserver of the cluster life has died, starting it again; its last log lines:\n/);
  const after = await remembered();
  expect(after.processes).toEqual({ ...before.processes, 'kube-apiserver': after.processes['kube-apiserver'] });
  expect(await status({ name }, context)).toMatchObject({ phase: 'Running' });
});

test('a state whose processes are all gone is stale: said, and a new cluster started', async () => {
  await up(wish, context);
  for (const component of componentNames.toReversed()) await kill(component);
  expect(await status({ name }, context)).toMatchObject({ phase: 'Dead' });
  expect(await up(wish, context)).toMatchObject({ outcome: 'started' });
  expect(notes()).toEqual([`the cluster ${name} was not taken down, but all its processes are gone: starting it anew`]);
});

test('pids that mean other processes by now are not touched by down, which ends the cluster’s own', async () => {
  await up(wish, context);
  const real = await remembered();
  const other = execa('sleep', ['1000'], { reject: false });
  const forged = { pid: other.pid ?? 0, startedAt: 'before the last reboot' };
  const processes = Object.fromEntries(componentNames.map((component) => [component, forged]));
  await writeState(paths(), { ...real, processes });
  expect(await down({ name }, context)).toBe('stopped');
  expect(await identify(forged.pid)).toBeDefined();
  other.kill('SIGKILL');
  await other;
  expect(await alive(real)).toBe(0);
});

test.for([
  ['cut off', (file: string) => truncate(file, 20)],
  ['a directory', (file: string) => rm(file).then(() => mkdir(file))],
] as const)('a state file that is %s stops up and status; down, which they name, needs none', async ([, breakFile]) => {
  await up(wish, context);
  await breakFile(paths().stateFile);
  const unreadable = {
    code: 'LOCAL_STATE_UNREADABLE',
    message: expect.stringContaining(paths().stateFile),
    remedy: expect.stringContaining('local down --name life'),
  };
  await expect(up(wish, context)).rejects.toMatchObject(unreadable);
  await expect(status({ name }, context)).rejects.toMatchObject(unreadable);
  expect(await processesOf(stateHome)).toHaveLength(componentNames.length);
  expect(await down({ name }, context)).toBe('stopped');
  expect(notes()[0]).toMatch(/state\.json: .*: looking for the cluster's processes without it$/);
  expect(await processesOf(stateHome)).toEqual([]);
  expect(await readdir(join(stateHome, 'bookstore-operator', 'local'))).toEqual([]);
});

test('a cluster whose directory was removed by hand is found by down', async () => {
  await up(wish, context);
  await rm(paths().stateDir, { recursive: true, force: true });
  expect(await down({ name }, context)).toBe('stopped');
  expect(await processesOf(stateHome)).toEqual([]);
});

test('down ends the processes of its own cluster only, though the names begin alike', async () => {
  const other = { ...wish, name: `${name}-two` };
  await Promise.all([up(wish, context), up(other, context)]);
  await writeFile(paths().stateFile, '');
  await down({ name }, context);
  expect(await status({ name: other.name }, context)).toMatchObject({ phase: 'Running' });
  expect(await down({ name: other.name }, context)).toBe('stopped');
});

test('a process that a killed up had started, but not written down, is replaced by the next up', async () => {
  await up(wish, context);
  const { processes, ...rest } = await remembered();
  const { etcd, 'kube-apiserver': _unwritten, ...others } = processes;
  await writeState(paths(), { ...rest, processes: others });
  expect(await up(wish, context)).toMatchObject({ outcome: 'repaired' });
  expect(notes()).toContain(
    `etcd (process ${etcd?.pid}) runs in ${paths().stateDir} without being remembered: ending it`,
  );
  expect(await processesOf(stateHome)).toHaveLength(componentNames.length);
  expect(await status({ name }, context)).toMatchObject({ phase: 'Running', nodes: { ready: 2, total: 2 } });
});

test('a port that is taken is an error before anything is started', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(up({ ...wish, port }, context)).rejects.toMatchObject({ code: 'LOCAL_PORT_TAKEN' });
  server.close();
  expect(await isThere(paths().stateDir)).toBe(false);
});

test('a dead component whose port somebody else took is an error that names the port', async () => {
  await up(wish, context);
  const { apiServerPort } = await remembered();
  await kill('kube-apiserver');
  const server = createServer().listen(apiServerPort, '127.0.0.1');
  await once(server, 'listening');
  await expect(up(wish, context)).rejects.toMatchObject({
    code: 'LOCAL_PORT_TAKEN',
    message: expect.stringContaining(String(apiServerPort)),
  });
  server.close();
});

test('a chosen port is the API server’s', async () => {
  const [port = 0] = await freePorts(1);
  expect(await up({ ...wish, port }, context)).toMatchObject({ server: `https://127.0.0.1:${port}` });
});

test('a component that dies at its start is an error that names its log, and nothing else is left', async () => {
  // all real, but for a scheduler that complains and ends
  const binDir = await findBinaries(context);
  const assetsDir = await mkdtemp(join(testRoot, 'assets-'));
  for (const component of componentNames) {
    const script = `#!/bin/sh\nexec '${join(binDir, component)}' "$@"\n`;
    const bad = '#!/bin/sh\necho "scheduler: no such flag"; exit 1\n';
    await writeFile(join(assetsDir, component), component === 'kube-scheduler' ? bad : script, { mode: 0o755 });
  }
  const broken = { ...context, environment: { ...context.environment, assetsDir } };
  const log = join(paths().logDir, 'kube-scheduler.log');
  await expect(up(wish, broken)).rejects.toMatchObject({
    code: 'LOCAL_COMPONENT_DIED',
    message: 'kube-scheduler of the cluster life died; its last log lines:\n  scheduler: no such flag',
    remedy: expect.stringContaining(`Its whole log is ${log}; `),
  });
  expect(await processesOf(stateHome)).toEqual([]);
  const clusters = join(stateHome, 'bookstore-operator', 'local');
  expect(await readdir(clusters)).toEqual(['life.logs']);
  expect(await readFile(log, 'utf8')).toBe('scheduler: no such flag\n');
  expect(await down({ name }, context)).toBe('absent');
  expect(await readdir(clusters)).toEqual([]);
});

test.for(['etcd', 'kube-apiserver', 'kwok'] as const)(
  'an abort after %s was started leaves nothing running and nothing on disk',
  async (component) => {
    const abort = new AbortController();
    const starting = up(wish, { ...context, signal: abort.signal });
    const outcome = expect(starting).rejects.toThrow('interrupted');
    while ((await readState(paths()))?.processes[component] === undefined) await delay(5);
    abort.abort(new Error('interrupted'));
    await outcome;
    expect(await processesOf(stateHome)).toEqual([]);
    expect(await readdir(join(stateHome, 'bookstore-operator', 'local'))).toEqual([]);
  },
);

test('an up that was killed in the middle is cleaned up by down', async () => {
  const script = `
    import { up } from '${join(import.meta.dirname, '../../../src/local/up.ts')}';
    import { testContext } from '${join(import.meta.dirname, '../../support/local-cluster.ts')}';
    await up({ name: '${name}', nodes: 1, now: new Date() }, testContext('${stateHome}'));`;
  const child = execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
  while ((await readState(paths()))?.processes['kube-apiserver'] === undefined) await delay(5);
  child.kill('SIGKILL');
  await child;
  expect((await processesOf(stateHome)).length).toBeGreaterThan(0);
  expect(await down({ name }, context)).toBe('stopped');
  expect(await processesOf(stateHome)).toEqual([]);
});

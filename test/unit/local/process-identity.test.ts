// A process is its pid and its start: a pid alone may mean another one tomorrow.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isRunning, startTimeOfStat } from '../../../src/local/process-identity.ts';

const fields = (state: string, threads = 1) =>
  `${state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 ${threads} 18 98765 20 21`;

test.for(['etcd', 'a b', 'evil) R 1 (x', ')'])('the start time is found behind the command "(%s)"', (command) => {
  expect(startTimeOfStat(`4711 (${command}) ${fields('S')}`, 'boot')).toBe('boot/98765');
});

test('a zombie is no process any more', () => {
  expect(startTimeOfStat(`4711 (etcd) ${fields('Z')}`, 'boot')).toBeUndefined();
});

test('one whose other threads still end keeps its ports, and so counts as running', () => {
  expect(startTimeOfStat(`4711 (etcd) ${fields('Z', 4)}`, 'boot')).toBe('boot/98765');
});

test('a process keeps its identity while it runs, and has none afterwards', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const identity = await identify(child.pid ?? 0);
  expect(identity && (await isRunning(identity))).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(identity && (await isRunning(identity))).toBe(false);
});

test('another start time means another process', async () => {
  expect(await isRunning({ pid: process.pid, startedAt: 'another boot/1' })).toBe(false);
});

// A process is its pid and its start: a pid alone may mean another one tomorrow.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isRunning } from '../../../src/local/process-identity.ts';

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

// Starting and stopping processes: politely, then not, and never those of others.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDetached, stopProcess } from '../../../src/local/process.ts';
import { identify, isRunning } from '../../../src/local/process-identity.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'process-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function start(script: string) {
  const logFile = join(dir, `${Math.random()}.log`);
  const identity = await startDetached({ file: 'sh', args: ['-c', script], cwd: dir, env: process.env, logFile });
  if (identity === undefined) throw new Error('it was gone at once');
  const hasLogged = async (text: string) => {
    while (!(await readFile(logFile, 'utf8')).includes(text)) await delay(10);
  };
  return { identity, hasLogged };
}

test('a process that heeds TERM is ended by it', async () => {
  const { identity, hasLogged } = await start('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
  await hasLogged('ready');
  expect(await stopProcess(identity, { graceMs: 10_000 })).toBe(true);
  await hasLogged('bye');
});

test('one that does not is killed after the grace', async () => {
  const { identity, hasLogged } = await start('trap "" TERM; echo ready; while :; do sleep 0.05; done');
  await hasLogged('ready');
  expect(await stopProcess(identity, { graceMs: 100 })).toBe(true);
  expect(await isRunning(identity)).toBe(false);
});

test('a process that only has the same pid is left alone', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const identity = await identify(child.pid ?? 0);
  expect(await stopProcess({ pid: child.pid ?? 0, startedAt: 'other' }, { graceMs: 100 })).toBe(true);
  expect(identity && (await isRunning(identity))).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('a file that cannot be started is an error', async () => {
  const logFile = join(dir, 'none.log');
  const start = { file: join(dir, 'nothing'), args: [], cwd: dir, env: {}, logFile };
  await expect(startDetached(start)).rejects.toThrow('ENOENT');
});

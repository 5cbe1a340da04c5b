// The lock between processes: one at a time, and no dead holder blocks anybody.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from '../../../src/local/file-lock.ts';
import { identify } from '../../../src/local/process-identity.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(dir, 'a.lock');
});
afterEach(() => rm(dir, { recursive: true }));

const options = { signal: new AbortController().signal, onWait: () => undefined };

test('of many at once one works at a time, all get their turn, and nothing is left', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(5);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, work, options)));
  expect(most).toBe(1);
  expect(await readdir(dir)).toEqual([]);
});

test('a failed work releases the lock and is not swallowed', async () => {
  await expect(withFileLock(path, () => Promise.reject(new Error('no')), options)).rejects.toThrow('no');
  expect(await readdir(dir)).toEqual([]);
});

test.for([
  ['whose process is gone', JSON.stringify({ pid: 999_999_999, startedAt: 'x' })],
  ['whose pid means another process now', JSON.stringify({ pid: process.pid, startedAt: 'another start' })],
  ['that nobody can read', 'garbage'],
])('a lock %s is taken over', async ([, content = '']) => {
  await writeFile(path, content);
  const waits: number[] = [];
  const result = await withFileLock(path, () => Promise.resolve('done'), {
    ...options,
    onWait: (pid) => waits.push(pid),
  });
  expect([result, waits]).toEqual(['done', []]);
});

test('a living holder is waited for, which is said once, until the wait is aborted', async () => {
  const holder = spawn('sleep', ['60']);
  await once(holder, 'spawn');
  await writeFile(path, JSON.stringify(await identify(holder.pid ?? 0)));
  const abort = new AbortController();
  const waits: number[] = [];
  const waiting = withFileLock(path, () => Promise.resolve(), {
    signal: abort.signal,
    onWait: (pid) => {
      waits.push(pid);
      setTimeout(() => abort.abort(new Error('enough')), 500);
    },
  });
  await expect(waiting).rejects.toThrow('enough');
  expect(waits).toEqual([holder.pid]);
  expect(await readdir(dir)).toEqual(['a.lock']);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
});

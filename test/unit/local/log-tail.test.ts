// The last lines of a log.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logTail } from '../../../src/local/log-tail.ts';

test('the last lines come, whole and without empty ones, of a long log too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'log-'));
  const path = join(dir, 'a.log');
  const lines = Array.from({ length: 5_000 }, (_none, index) => `line ${index}`);
  await writeFile(path, `${lines.join('\n')}\n\nlast ${'x'.repeat(1_000)}\n`);
  const tail = await logTail(path, 3);
  expect(tail.slice(0, 2)).toEqual(['line 4998', 'line 4999']);
  expect(tail[2]).toMatch(/^last x{200,300}$/);
  await rm(dir, { recursive: true });
});

test('a log that is not there has no lines', async () => {
  expect(await logTail('/nonexistent/a.log')).toEqual([]);
});

// What is remembered of a demo survives its process, and is never guessed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readRecord, writeRecord } from '../../../../src/cli/demo/record.ts';

const dir = mkdtempSync(join(tmpdir(), 'demo-record-'));
const file = join(dir, 'demo', 'record.json');
afterAll(() => rmSync(dir, { recursive: true }));

test('a record is read as it was written, and the last one counts', async () => {
  expect(await readRecord(file)).toBeUndefined();
  await writeRecord(file, { isKept: false });
  expect(await readRecord(file)).toEqual({ isKept: false });
  await writeRecord(file, { isKept: true, operator: { pid: 4711, startedAt: 'boot/1' } });
  expect(await readRecord(file)).toEqual({ isKept: true, operator: { pid: 4711, startedAt: 'boot/1' } });
});

test.for([
  ['', { isKept: true }],
  ['null', { isKept: true }],
  ['{"isKept":false,"operator":{"pid":1,"startedAt":"x"}}', { isKept: false }],
  ['{"isKept":false,"operator":{"pid":-5,"startedAt":"x"}}', { isKept: false }],
  ['{"isKept":false,"operator":"4711"}', { isKept: false }],
] as const)('%s names no process to be ended', async ([text, record]) => {
  writeFileSync(file, text);
  expect(await readRecord(file)).toEqual(record);
});

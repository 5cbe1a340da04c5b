import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ReportFile } from '../../../../src/purge/record/report-file.ts';
import { readRunFile, readRunFiles } from '../../../../src/purge/record/run-files.ts';
import { fileOf, type RunRecord } from '../../../../src/purge/record/run-record.ts';
import { exampleNote, exampleOutcomes, exampleStart } from '../../../support/run-examples.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'report-file-'));
});
afterAll(() => rm(dir, { recursive: true }));

const { run } = exampleStart;
const { server } = exampleStart.plan;
const record: RunRecord = { start: exampleStart, nowMs: exampleStart.startedAtMs, outcomes: [], undo: [] };

it('is made with its directories, for its owner alone, and always one whole state', async () => {
  const directory = join(dir, 'deep', 'er');
  const path = join(directory, `${run}.json`);
  const file = new ReportFile(path);
  await file.begin(record);
  await file.write({ ...record, outcomes: exampleOutcomes, undo: [exampleNote('api')] }, { isWhole: true });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await readdir(directory)).toEqual([`${run}.json`]);
  expect(await readRunFile(directory, { run, server })).toMatchObject({
    path,
    file: { run, counts: { purged: 1, failed: 1 }, record: { phase: 'Running', undo: [exampleNote('api')] } },
  });
});

it('is the same text whether its notes came one by one or all at once', async () => {
  const path = join(dir, 'notes.json');
  const file = new ReportFile(path);
  const undo = ['api', 'web"undo": []', 'z\n'].map(exampleNote);
  const whole = { ...record, outcomes: exampleOutcomes, undo };
  const expected = `${JSON.stringify(fileOf(whole), undefined, 2)}\n`;
  await file.write({ ...whole, undo: [] }, { isWhole: true });
  expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(fileOf({ ...whole, undo: [] }), undefined, 2)}\n`);
  for (const count of [1, 3]) await file.write({ ...whole, undo: undo.slice(0, count) }, { isWhole: false });
  expect(await readFile(path, 'utf8')).toBe(expected);
  await file.write(whole, { isWhole: true });
  expect(await readFile(path, 'utf8')).toBe(expected);
  await file.write({ ...whole, undo: undo.slice(0, 2) }, { isWhole: true }); // one could not be stored elsewhere
  expect(await readFile(path, 'utf8')).toBe(
    `${JSON.stringify(fileOf({ ...whole, undo: undo.slice(0, 2) }), undefined, 2)}\n`,
  );
});

it('takes the place of an older file, whose mode does not stay', async () => {
  const path = join(dir, 'mine.json');
  await writeFile(path, 'old', { mode: 0o644 });
  await new ReportFile(path).begin(record);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ run });
});

it('does not take the place of what is no file', async () => {
  const path = join(dir, 'link.json');
  await symlink('/dev/null', path);
  for (const target of [path, dir, '/dev/null']) {
    await expect(new ReportFile(target).begin(record)).rejects.toThrow('is not a plain file');
  }
});

it('is read back for its own server alone; what is no record is told, and no name leads elsewhere', async () => {
  const directory = await mkdtemp(join(dir, 'read-'));
  await new ReportFile(join(directory, `${run}.json`)).begin(record);
  await writeFile(join(directory, 'broken.json'), '{');
  await writeFile(join(directory, 'other.json'), '{"kind": "PurgeReport"}');
  await writeFile(join(directory, 'notes.txt'), 'x');
  const { runs, warnings } = await readRunFiles(directory, server);
  expect(runs.map(({ file }) => file.run)).toEqual([run]);
  expect(warnings).toEqual([
    expect.stringMatching(/broken\.json is left out: /),
    expect.stringMatching(/other\.json is left out: it is not a record of a run$/),
  ]);
  expect((await readRunFiles(directory, 'https://elsewhere')).runs).toEqual([]);
  expect(await readRunFile(directory, { run, server: 'https://elsewhere' })).toBeUndefined();
  expect(await readRunFile(join(directory, 'none'), { run, server })).toBeUndefined();
  expect(await readRunFile(join(directory, 'x'), { run: `../${run}`, server })).toBeUndefined();
  expect(await readRunFiles(join(directory, 'none'), server)).toEqual({ runs: [], warnings: [] });
  const loop = join(directory, 'loop');
  await symlink(loop, loop);
  expect(await readRunFiles(loop, server)).toEqual({
    runs: [],
    warnings: [expect.stringMatching(/loop is left out: /)],
  });
});

// `npm run bench` as a user runs it, with two resources or releases: what it prints and writes, and that nothing is left.
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { testCluster } from '../support/test-context.ts';

const { testRoot, path } = testCluster();
const root = join(import.meta.dirname, '..', '..');
const timeout = 180_000;

/** Where the benchmark has its cluster and scratch files. */
let scratch: string;
let outDir: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(testRoot, 'bench-'));
  outDir = await mkdtemp(join(testRoot, 'bench-out-'));
});

const bench = (...args: readonly string[]) =>
  execa(process.execPath, [join(root, 'bench', 'main.ts'), ...args], {
    env: { PATH: path, TMPDIR: scratch, BENCH_HELM_OPERATOR: '', BENCH_RELEASE_PRUNER: '' },
    reject: false,
  });

const quickly = ['operator', '--n', '2', '--idle-seconds', '1', '--settle-seconds', '0'];
const purgeQuickly = ['purge', '--n', '2', '--plan-n', '2', '--settle-seconds', '0'];

/** Everything that it starts has its scratch directory in its command line. */
async function expectNothingLeft(): Promise<void> {
  const { stdout } = await execa('ps', ['-eo', 'args']);
  expect(stdout.split('\n').filter((line) => line.includes(scratch))).toEqual([]);
  expect(await readdir(scratch)).toEqual([]);
}

test('operator measures, writes its page and plots, and ends with one JSON object', { timeout }, async () => {
  const { exitCode, stdout, stderr } = await bench(...quickly, '--out', outDir);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('ours, 2 releases: delete') });
  const seconds = expect.any(Number);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toEqual({
    n: 2,
    installToFloor: seconds,
    installToPeer: null,
    installSeconds: seconds,
    idleHelmProcesses: 0,
    idleRequests: expect.any(Number),
    idleCpuSeconds: expect.any(Number),
    updateSeconds: seconds,
    deleteAllSeconds: seconds,
    deleteToPeer: null,
    residentMb: expect.any(Number),
    residentAboveIdleMb: expect.any(Number),
  });
  const files = ['operator-delete.svg', 'operator-install.svg', 'operator-memory.svg', 'operator.md'];
  expect((await readdir(outDir)).toSorted()).toEqual(files);
  const page = await readFile(join(outDir, 'operator.md'), 'utf8');
  expect(page).toContain('npm run bench -- operator --n 2');
  expect(page).not.toContain(testRoot);
  await expectNothingLeft();
});

test('Ctrl-C ends operator, and all that it started', { timeout }, async () => {
  const running = bench(...quickly, '--out', outDir);
  for await (const line of running.iterable({ from: 'stderr' })) {
    if (line.includes('floor, 2 releases: delete')) running.kill('SIGINT'); // our operator is being started
  }
  expect(await running).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('interrupted') });
  expect(await readdir(outDir)).toEqual([]);
  await expectNothingLeft();
});

test('purge measures all sides, a profile and a plan', { timeout: 2 * timeout }, async () => {
  const { exitCode, stdout, stderr } = await bench(...purgeQuickly, '--profile', '--out', outDir);
  const last = 'native-profiled, 2 releases: uninstalled';
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining(last) });
  const figure = expect.any(Number);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toEqual({
    n: 2,
    nativeToSerial: figure,
    nativeToHelm8: figure,
    nativeToHelm8At20ms: figure,
    helmDriverToSerial: figure,
    nativeToPruner: null,
    planSeconds: figure,
    planToHelmList: figure,
    planResidentMb: figure,
  });
  const files = ['purge-memory.svg', 'purge-rate-20ms.svg', 'purge-rate.svg', 'purge.md'];
  expect((await readdir(outDir)).toSorted()).toEqual(files);
  const page = await readFile(join(outDir, 'purge.md'), 'utf8');
  expect(page).toContain('npm run bench -- purge --n 2');
  for (const path of [testRoot, scratch, root]) expect(page).not.toContain(path);
  await expectNothingLeft();
});

test('Ctrl-C ends purge, and the purge that it started', { timeout }, async () => {
  const running = bench(...purgeQuickly, '--out', outDir);
  for await (const line of running.iterable({ from: 'stderr' })) {
    if (line.includes('helm-driver, 2 releases: their pods run')) running.kill('SIGINT'); // our purge is being started
  }
  expect(await running).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('interrupted') });
  expect(await readdir(outDir)).toEqual([]);
  await expectNothingLeft();
});

test.for([[['nosuch']], [['operator', '--n', 'many']], [['idle', '--runs', '2']], [['purge', '--profile=yes']]])(
  '%j is refused',
  async ([args]) => {
    const { exitCode, stderr } = await bench(...(args ?? []));
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('usage: npm run bench --') });
    expect(await readdir(scratch)).toEqual([]);
  },
);

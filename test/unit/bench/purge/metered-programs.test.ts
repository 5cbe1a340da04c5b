// What programs cost, seen from outside.
import { expect, test } from 'vitest';
import { MeteredPrograms } from '../../../../bench/purge/metered-programs.ts';

const busy = 'const end = performance.now() + 300; while (performance.now() < end);';
const program = (script: string, isHelm = false) => ({
  name: 'the program',
  file: process.execPath,
  args: ['-e', script],
  env: {},
  isHelm,
});
const never = new AbortController().signal;

test.runIf(process.platform === 'linux')('CPU and memory of a program, and of the helm that it starts', async () => {
  using programs = new MeteredPrograms(never);
  const child = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(busy)}])`;
  await programs.run(program(child));
  const { cpuSeconds, programMb, helmMb, togetherMb } = programs.cost();
  expect(cpuSeconds).toBeGreaterThan(0.1);
  for (const memory of [programMb, helmMb]) expect(memory).toBeGreaterThan(20);
  expect(togetherMb).toBeGreaterThan(Math.max(programMb ?? 0, helmMb ?? 0));
});

test.runIf(process.platform === 'linux')('where helm is started directly there is no program', async () => {
  using programs = new MeteredPrograms(never);
  expect(await programs.run(program(`${busy} console.log('done')`, true))).toBe('done');
  expect(programs.cost()).toMatchObject({ programMb: null, helmMb: expect.any(Number) });
});

test('one that fails is told with its last words, one that was to be ended is not', async () => {
  using programs = new MeteredPrograms(never);
  const failing = programs.run(program('console.error("no such cluster"); process.exitCode = 3'));
  await expect(failing).rejects.toThrow('the program failed (3):\n  no such cluster');
  await expect(programs.run({ ...program(''), file: '/nonexistent' })).rejects.toThrow('the program failed');
  const ending = new AbortController();
  const daemon = programs.run({ ...program('setInterval(() => {}, 1000)'), ending: ending.signal });
  ending.abort();
  await expect(daemon).resolves.toBe('');
});

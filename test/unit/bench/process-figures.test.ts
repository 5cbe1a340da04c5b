// What the kernel says of a process.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { machineCpuSeconds, processFigures } from '../../../bench/process-figures.ts';

test.runIf(process.platform === 'linux')('memory and CPU of this process, and of a child that has ended', () => {
  const [before, machine] = [processFigures(process.pid), machineCpuSeconds()];
  execFileSync(process.execPath, ['-e', 'const end = performance.now() + 200; while (performance.now() < end);']);
  const after = processFigures(process.pid);
  expect(after.residentMb).toBeGreaterThan(20);
  expect(after.peakResidentMb).toBeGreaterThanOrEqual(after.residentMb);
  expect(after.childrenCpuSeconds - before.childrenCpuSeconds).toBeGreaterThan(0.05);
  expect(machineCpuSeconds() - machine).toBeGreaterThan(0.05);
});

test('a process that is gone is an error', () => {
  expect(() => processFigures(2 ** 30)).toThrow(/ENOENT/);
});

// What the young generation of a process grows to: seen in processes of their own, since V8 is told once for all.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const module = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'small-heap.ts');

/** Megabytes of new space after a burst of objects much of which lives for a while. */
function newSpaceMb(before: string): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${before}
    let kept = [];
    for (let count = 0; count < 2_000_000; count += 1) {
      kept.push({ name: String(count) });
      if (kept.length > 100_000) kept = [];
    }
    const space = getHeapSpaceStatistics().find((each) => each.space_name === 'new_space');
    process.stdout.write(String(space.space_size / 2 ** 20));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(output.toString());
}

test('a burst of objects does not leave a big young generation behind', () => {
  const after = (call: string) => newSpaceMb(`import { ${call} } from ${JSON.stringify(module)}; ${call}();`);
  const [young, small] = ['keepYoungSmall', 'keepHeapSmall'].map(after) as [number, number];
  expect(Math.max(young, small)).toBeLessThanOrEqual(4);
  expect(newSpaceMb('')).toBeGreaterThan(Math.max(young, small) * 3);
});

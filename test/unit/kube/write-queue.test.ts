import { describe, expect, it } from 'vitest';
import { WriteQueue } from '../../../src/kube/write-queue.ts';

function work() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let hasStarted = false;
  const run = (): Promise<void> => {
    hasStarted = true;
    return promise;
  };
  return { run, resolve, reject, hasStarted: () => hasStarted };
}

describe('a write queue', () => {
  it('does as much at once as it may, and the rest in order, whatever becomes of what was before', async () => {
    const queue = new WriteQueue({ width: 2, maxWaiting: 10 });
    const all = [work(), work(), work(), work()];
    for (const each of all) expect(queue.add(each.run)).toBe(true);
    const started = () => all.map(({ hasStarted }) => hasStarted());
    expect(started()).toEqual([true, true, false, false]);
    all[1]?.reject(new Error('lost'));
    await expect.poll(started).toEqual([true, true, true, false]);
    for (const each of all) each.resolve();
    await queue.idle();
    expect(started()).toEqual([true, true, true, true]);
  });

  it('refuses what comes while too much waits, and takes it again when there is room', async () => {
    const queue = new WriteQueue({ width: 1, maxWaiting: 1 });
    const [first, second, third] = [work(), work(), work()];
    expect([first, second, third].map(({ run }) => queue.add(run))).toEqual([true, true, false]);
    first.resolve();
    second.resolve();
    await queue.idle();
    expect(third.hasStarted()).toBe(false);
    expect(queue.add(third.run)).toBe(true);
    third.resolve();
    await queue.idle();
  });

  it('is idle where there is nothing', async () => {
    await new WriteQueue({ width: 1, maxWaiting: 1 }).idle();
  });
});

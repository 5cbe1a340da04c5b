import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';

describe('the clock of the machine', () => {
  it('rejects a sleep with the reason of the signal', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error('told to stop'));
    await expect(sleep).rejects.toThrow('told to stop');
    await expect(systemClock.sleep(0, controller.signal)).rejects.toThrow('told to stop');
  });

  it('leaves no listener behind on the signal', async () => {
    const { signal } = new AbortController();
    for (let count = 0; count < 20; count += 1) await systemClock.sleep(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not take a wait longer than a timer can count for none', async () => {
    const controller = new AbortController();
    const outcome = systemClock.sleep(2 ** 40, controller.signal).then(
      () => 'woke up',
      () => 'still asleep',
    );
    await systemClock.sleep(20);
    controller.abort();
    expect(await outcome).toBe('still asleep');
  });
});

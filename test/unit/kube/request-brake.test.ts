import { describe, expect, test } from 'vitest';
import { RequestBrake } from '../../../src/kube/request-brake.ts';
import { systemClock } from '../../../src/lib/clock.ts';

/** A clock that jumps: a sleep is over at once, and time has passed. */
function jumpingClock() {
  let elapsedMs = 0;
  const slept: number[] = [];
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    slept.push(ms);
    elapsedMs += ms;
  };
  return { ...systemClock, monotonic: () => elapsedMs, sleep, slept };
}

describe('RequestBrake', () => {
  test('lets everybody pass while it is off', async () => {
    const clock = jumpingClock();
    await new RequestBrake(clock).pass();
    expect(clock.slept).toEqual([]);
  });

  test('holds back until the time is over, spread over a fifth of it', async () => {
    const clock = jumpingClock();
    const brake = new RequestBrake(clock, () => 0.5);
    brake.hold(1_000);
    expect(brake.remainingMs).toBe(1_000);
    await brake.pass();
    expect(clock.slept).toEqual([1_100]);
    expect(brake.remainingMs).toBe(0);
  });

  test('is never shortened', () => {
    const brake = new RequestBrake(jumpingClock());
    brake.hold(5_000);
    brake.hold(1_000);
    expect(brake.remainingMs).toBe(5_000);
  });

  test('does not wait for what prolongs it meanwhile: that is about somebody else', async () => {
    const clock = jumpingClock();
    const brake = new RequestBrake(
      {
        ...clock,
        sleep: async (ms) => {
          await clock.sleep(ms);
          brake.hold(10_000);
        },
      },
      () => 0,
    );
    brake.hold(1_000);
    await brake.pass();
    expect(clock.slept).toEqual([1_000]);
    expect(brake.remainingMs).toBe(10_000);
  });

  test('lets go of who is told to stop', async () => {
    const brake = new RequestBrake(jumpingClock());
    brake.hold(1_000);
    await expect(brake.pass(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});

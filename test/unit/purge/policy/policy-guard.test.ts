import { describe, expect, it } from 'vitest';
import { PolicyGuard, type PolicyReading } from '../../../../src/purge/policy/policy-guard.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const unchanged: PolicyReading = { isSuspended: false, version: '1' };

function guardOf(read: () => Promise<PolicyReading | undefined>) {
  const clock = new ManualClock();
  let reads = 0;
  const counted = (): Promise<PolicyReading | undefined> => {
    reads += 1;
    return read();
  };
  return { clock, guard: new PolicyGuard(counted, { version: '1', clock }), reads: () => reads };
}

describe('PolicyGuard', () => {
  it.each<[string, PolicyReading | undefined, string | undefined]>([
    ['that stands', unchanged, undefined],
    ['that is suspended', { isSuspended: true, version: '2' }, 'suspended'],
    ['that says something else', { isSuspended: false, version: '2' }, 'policy-changed'],
    ['that is gone', undefined, 'policy-changed'],
  ])('says of a policy %s: %s', async (_what, reading, expected) => {
    expect(await guardOf(() => Promise.resolve(reading)).guard.stop()).toBe(expected);
  });

  it('reads at most once a second, however many ask', async () => {
    const { clock, guard, reads } = guardOf(() => Promise.resolve(unchanged));
    for (let asked = 0; asked < 100; asked += 1) {
      await Promise.all([guard.stop(), guard.stop(), guard.stop()]);
      await clock.advance(50);
    }
    expect(reads()).toBe(5);
  });

  it('hands a failure to all who wait for it, and asks again for the next', async () => {
    let isDown = true;
    const { guard, reads } = guardOf(() => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(unchanged)));
    const both = await Promise.allSettled([guard.stop(), guard.stop()]);
    expect([both.map(({ status }) => status), reads()]).toEqual([['rejected', 'rejected'], 1]);
    isDown = false;
    expect(await guard.stop()).toBeUndefined();
  });
});

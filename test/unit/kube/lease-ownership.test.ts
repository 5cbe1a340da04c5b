import { describe, expect, it } from 'vitest';
import { instantIn } from '../../../src/kube/leader-term.ts';
import type { Lease, LeaseSpec } from '../../../src/kube/lease.ts';
import { LeaseOwnership } from '../../../src/kube/lease-ownership.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const spec: LeaseSpec = {
  holderIdentity: 'me',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-01T12:00:00.000000Z',
  renewTime: '2026-01-01T12:00:05.000000Z',
};
const lease = (resourceVersion: string, changed: LeaseSpec = {}): Lease => ({
  metadata: { name: 'lease', uid: 'u', resourceVersion },
  spec: { ...spec, ...changed },
});

function claimed(): { readonly ownership: LeaseOwnership; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const ownership = new LeaseOwnership(clock);
  ownership.sending({ spec, until: instantIn(10_000, clock) });
  return { ownership, clock };
}

describe('a version of the Lease', () => {
  it('is ours when our write was answered with it', () => {
    const { ownership, clock } = claimed();
    expect([ownership.version, ownership.isHeld]).toEqual([undefined, false]);
    ownership.wrote(lease('7'), instantIn(10_000, clock));
    expect([ownership.version, ownership.isHeld]).toEqual(['7', true]);
  });

  it('keeps the others away for as long as the write said, on both clocks', async () => {
    const { ownership, clock } = claimed();
    ownership.wrote(lease('7'), instantIn(10_000, clock));
    await clock.advance(9_999);
    expect(ownership.isHeld).toBe(true);
    clock.wallOffsetMs += 1;
    expect(ownership.isHeld).toBe(false);
  });

  it('is ours when it says what an unanswered write of ours said, and what nobody else does', () => {
    const { ownership } = claimed();
    ownership.saw(lease('8', { leaseTransitions: 4 }));
    expect(ownership.version).toBe('8');
  });

  it.each<[string, LeaseSpec]>([
    ['another name', { holderIdentity: 'b' }],
    ['another renewal', { renewTime: '2026-01-01T12:00:04.000000Z' }],
    ['another term', { acquireTime: '2026-01-01T11:00:00.000000Z' }],
  ])('is not ours with %s', (_name, changed) => {
    const { ownership } = claimed();
    ownership.saw(lease('8', changed));
    expect(ownership.version).toBeUndefined();
  });

  it('is not ours when another may have led since: it could be a saved copy', async () => {
    const { ownership, clock } = claimed();
    await clock.advance(10_000);
    ownership.saw(lease('8'));
    expect(ownership.version).toBeUndefined();
  });

  it('is not ours when it says what a write of ours said that was answered: that one had another version', () => {
    const { ownership, clock } = claimed();
    ownership.wrote(lease('7'), instantIn(10_000, clock));
    ownership.saw(lease('9'));
    expect(ownership.version).toBe('7');
  });
});

import { describe, expect, it } from 'vitest';
import type { Lease, LeaseSpec } from '../../../src/kube/lease.ts';
import { holderOf, observe, releasedSpec, takeableAtMs } from '../../../src/kube/lease-observation.ts';

const lease = (resourceVersion: string, spec?: LeaseSpec): Lease => ({
  metadata: { name: 'lease', uid: 'u', resourceVersion },
  ...(spec === undefined ? {} : { spec }),
});
const [noon, later] = ['2026-01-01T12:00:00.000000Z', '2026-01-01T12:00:00.000001Z'] as const;
const candidate = { ownVersion: 'ours', leaseDurationMs: 15_000, isMissingFree: false };

describe('observe', () => {
  it.each([
    ['the same version: no sign of life', lease('1'), lease('1'), 100],
    ['another version', lease('1'), lease('2'), 200],
    ['a deletion', lease('1'), undefined, 200],
    ['a creation', undefined, lease('1'), 200],
    ['absence, still', undefined, undefined, 100],
  ])('counts from when it saw %s', (_name, before, now, sinceMs) => {
    expect(observe({ lease: before, sinceMs: 100 }, { lease: now, atMs: 200 }).sinceMs).toBe(sinceMs);
  });

  it('counts from the first look', () => {
    expect(observe(undefined, { lease: undefined, atMs: 200 }).sinceMs).toBe(200);
  });
});

describe('takeableAtMs', () => {
  it.each<[string, Lease | undefined, number]>([
    [
      'held by another: after the duration it states',
      lease('1', { holderIdentity: 'b', leaseDurationSeconds: 30 }),
      30_100,
    ],
    ['held by another that states none: after ours', lease('1', { holderIdentity: 'b' }), 15_100],
    [
      'held by another, renewed long ago by its own clock: that clock is not ours',
      lease('1', { holderIdentity: 'b', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' }),
      15_100,
    ],
    [
      'held for a shorter time than ours, or edited to say so: after ours',
      lease('1', { holderIdentity: 'b', leaseDurationSeconds: 1 }),
      15_100,
    ],
    ['as we wrote it: at once', lease('ours', { holderIdentity: 'me', leaseDurationSeconds: 15 }), -Infinity],
    ['held by us as somebody else wrote it', lease('1', { holderIdentity: 'me', leaseDurationSeconds: 15 }), 15_100],
    ['released', lease('1', releasedSpec(noon)), -Infinity],
    ['released as client-go does', lease('1', { ...releasedSpec(noon), holderIdentity: '' }), -Infinity],
    ['without a spec: its holder may be alive', lease('1'), 15_100],
    [
      'emptied of its holder alone: after the duration it still states',
      lease('1', { holderIdentity: '', leaseDurationSeconds: 30, acquireTime: noon, renewTime: later }),
      30_100,
    ],
    [
      'emptied of a holder whose lease is as short as a release: after ours',
      lease('1', { leaseDurationSeconds: 1, acquireTime: noon, renewTime: later }),
      15_100,
    ],
    ['emptied to what a candidate makes', lease('1', { leaseDurationSeconds: 1 }), 15_100],
    ['a release with a holder', lease('1', { ...releasedSpec(noon), holderIdentity: 'b' }), 15_100],
    ['missing: never as it is, for only a version proves that nothing happened', undefined, Infinity],
  ])('%s', (_name, seen, atMs) => {
    expect(takeableAtMs({ lease: seen, sinceMs: 100 }, candidate)).toBe(atMs);
  });

  it('takes a missing one at once where nobody else can be running', () => {
    expect(takeableAtMs({ lease: undefined, sinceMs: 100 }, { ...candidate, isMissingFree: true })).toBe(-Infinity);
  });
});

describe('holderOf', () => {
  it('is nobody for an empty name', () => {
    expect([holderOf(undefined), holderOf(lease('1', { holderIdentity: '' }))]).toEqual([undefined, undefined]);
    expect(holderOf(lease('1', { holderIdentity: 'b' }))).toBe('b');
  });
});

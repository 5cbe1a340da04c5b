import { describe, expect, it } from 'vitest';
import type { Lease, LeaseSpec } from '../../../src/kube/lease.ts';
import { holderOf, observe, takeableAtMs } from '../../../src/kube/lease-observation.ts';

const lease = (resourceVersion: string, spec?: LeaseSpec): Lease => ({
  metadata: { name: 'lease', uid: 'u', resourceVersion },
  ...(spec === undefined ? {} : { spec }),
});
const candidate = { identity: 'me', leaseDurationMs: 15_000, isMissingFree: false };

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
    ['held by us', lease('1', { holderIdentity: 'me', leaseDurationSeconds: 15 }), -Infinity],
    ['released', lease('1', { holderIdentity: null, leaseDurationSeconds: 1, renewTime: 'then' }), -Infinity],
    [
      'released as client-go does',
      lease('1', { holderIdentity: '', leaseDurationSeconds: 1, renewTime: 't' }),
      -Infinity,
    ],
    ['emptied: its holder may be alive', lease('1'), 15_100],
    ['robbed of its holder alone', lease('1', { leaseDurationSeconds: 15, renewTime: 'then' }), 15_100],
    ['missing: its holder may be alive', undefined, 15_100],
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

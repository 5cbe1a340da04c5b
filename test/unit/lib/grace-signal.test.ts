import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { graceSignal } from '../../../src/lib/grace-signal.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('comes so much later than the other, with its reason', () => {
  const first = new AbortController();
  using grace = graceSignal(first.signal, 5_000);
  vi.advanceTimersByTime(60_000);
  first.abort(new Error('stop'));
  vi.advanceTimersByTime(4_999);
  expect(grace.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(grace.signal.reason).toEqual(new Error('stop'));
});

it('begins at once where the other has come already', () => {
  using grace = graceSignal(AbortSignal.abort(), 5_000);
  vi.advanceTimersByTime(5_000);
  expect(grace.signal.aborted).toBe(true);
});

it.each([
  ['there is no other', undefined],
  ['it is disposed of before', AbortSignal.abort()],
])('never comes where %s', (_why, signal) => {
  const { signal: late, [Symbol.dispose]: dispose } = graceSignal(signal, 5_000);
  dispose();
  vi.advanceTimersByTime(60_000);
  expect([late.aborted, vi.getTimerCount()]).toEqual([false, 0]);
});

// Waiting that ends: with what is there, or with the names of what is not.
import { expect, test } from 'vitest';
import { until } from '../../../bench/until.ts';

const { signal } = new AbortController();

test('it ends when nothing is missing any more', async () => {
  const states = [['a', 'b'], ['b'], []];
  await until('all', { signal, deadlineMs: 5_000, pollMs: 1, missing: () => states.shift() ?? [] });
  expect(states).toEqual([]);
});

test('at the deadline it says what was waited for, and names what is missing', async () => {
  const missing = Array.from({ length: 7 }, (_none, index) => `pod ${index}`);
  const waiting = until('install of 7 releases', { signal, deadlineMs: 0, pollMs: 1, missing: () => missing });
  await expect(waiting).rejects.toThrow(
    'install of 7 releases: not within 0 s, 7 missing: pod 0, pod 1, pod 2, pod 3, pod 4 and 2 more',
  );
});

test('what makes it impossible ends it at once', async () => {
  const failure = Promise.reject(new Error('the operator ended'));
  const waiting = until('install', { signal, deadlineMs: 60_000, missing: () => ['a'], failure });
  await expect(waiting).rejects.toThrow('the operator ended');
});

test('Ctrl-C ends it at once', async () => {
  const abort = new AbortController();
  const waiting = until('install', { signal: abort.signal, deadlineMs: 60_000, missing: () => ['a'] });
  abort.abort();
  await expect(waiting).rejects.toThrow(/abort/i);
});

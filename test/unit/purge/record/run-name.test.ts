import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runName } from '../../../../src/purge/record/run-name.ts';

const nowMs = Date.parse('2026-11-26T19:30:05.123Z');

it('tells the policy and when the run began', () => {
  expect(runName('nightly', { nowMs, random: 0.5 })).toBe('nightly-20261126193005-i0000');
  expect(runName('nightly', { nowMs, random: 0 })).toBe('nightly-20261126193005-00000');
});

it.each([
  ['a'.repeat(80), 'a'.repeat(40)],
  [`${'a'.repeat(39)}-${'b'.repeat(9)}`, 'a'.repeat(39)],
  ['team.a', 'team.a'],
  ['team.-a', 'team.a'],
  ['a..b', 'a.b'],
  ['...', 'run'],
])('is cut and mended so that it is a name: %s', (policy, begin) => {
  expect(runName(policy, { nowMs, random: 0 })).toBe(`${begin}-20261126193005-00000`);
});

it('is the name of an object and the value of a label, whatever the policy is called', () => {
  const policy = fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9][-a-z0-9.]{0,60}$/));
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const time = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') });
  fc.assert(
    fc.property(policy, random, time, (name, value, ms) => {
      const run = runName(name, { nowMs: ms, random: value });
      expect(run).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(run.length).toBeLessThanOrEqual(63);
    }),
  );
});

it('sorts by time for one policy', () => {
  const names = [0, 1_000, 86_400_000, 40 * 86_400_000].map((ms, index) =>
    runName('nightly', { nowMs: nowMs + ms, random: (4 - index) / 5 }),
  );
  expect(names.toSorted()).toEqual(names);
});

import { expect, it } from 'vitest';
import { keepLines, localAndUtc } from '../../../src/cli/purge-keep-text.ts';
import type { KeepResult } from '../../../src/purge/keep/set-keep.ts';
import type { PlanEntry } from '../../../src/purge/plan/plan.ts';

const entry = (action: PlanEntry['action']): PlanEntry => ({
  namespace: 'team-a',
  name: 'shop',
  revision: 1,
  status: 'deployed',
  action,
  rule: action === 'keep' ? 'keep-release' : 'selected',
  reason: 'x',
});
const result = (rest: Partial<KeepResult>): KeepResult => ({
  apiVersion: 'velotio.com/v1alpha1',
  kind: 'PurgeKeep',
  namespace: 'team-a',
  release: 'shop',
  annotation: 'keep.purge.velotio.com/shop',
  change: 'written',
  entries: [entry('keep')],
  ...rest,
});
const until = '2026-11-27T07:00:00Z';

it('tells a time by the local clock and by everybody’s', () => {
  expect(localAndUtc(until, 'Europe/Berlin')).toBe('Fri 27 Nov 2026, 08:00:00 (Europe/Berlin), 2026-11-27T07:00:00Z');
  expect(localAndUtc('2026-11-27T20:00:00Z', 'Asia/Kolkata')).toContain('Sat 28 Nov 2026, 01:30:00 (Asia/Kolkata)');
});

it.each<[string, Partial<KeepResult>, string, string]>([
  ['a pin', { until }, 'team-a/shop is kept until Fri 27 Nov 2026, 08:00:00', 'keeps 1 release now'],
  ['what keeps longer', { change: 'left', until: 'always' }, 'without an end, which is longer', 'keeps 1 release now'],
  ['the end of it', { change: 'removed', entries: [entry('purge')] }, 'is taken away', 'is for the policy to say'],
  ['no pin', { change: 'absent', entries: [entry('purge')] }, 'nothing to take away', 'keeps 1 of 1 release now'],
  ['a release to come', { until, entries: [] }, 'is kept until', 'there is no such release now'],
])('tells of %s', (_name, rest, done, says) => {
  const lines = keepLines(result(rest), { timeZone: 'Europe/Berlin' });
  expect(lines).toEqual([expect.stringContaining(done), expect.stringContaining(says)]);
});

import { describe, expect, it } from 'vitest';
import type { PlanEntry } from '../../../src/purge/plan.ts';
import type { Outcome } from '../../../src/purge/report.ts';
import { RunState } from '../../../src/purge/run-state.ts';

const entry: PlanEntry = {
  namespace: 'a',
  name: 'shop',
  revision: 1,
  status: 'deployed',
  action: 'purge',
  rule: 'selected',
  reason: 'selected',
};
const outcomes: Readonly<Record<string, Outcome>> = {
  purged: { result: 'purged', durationMs: 1 },
  failed: { result: 'failed', durationMs: 1, code: 'X', message: 'no', record: 'left' },
  skipped: { result: 'skipped', durationMs: 1, reason: 'touched' },
};

function run(maxConsecutiveFailures: number): RunState {
  const limits = { maxReleases: 9, maxReleasesPerNamespace: 9, maxNamespaces: 9, maxPercent: undefined };
  return new RunState([entry], { settings: { perNamespace: 2, limits: { ...limits, maxConsecutiveFailures } } });
}

describe('failures one after another, in the order in which they end', () => {
  it.each<[string, string | undefined]>([
    ['failed failed', undefined],
    ['failed failed failed', 'failures'],
    ['failed failed purged failed failed', undefined],
    ['failed skipped failed skipped skipped failed', 'failures'],
    ['skipped skipped skipped skipped', undefined],
  ])('%s: %s', (ends, expected) => {
    const state = run(3);
    for (const end of ends.split(' ')) state.settle(entry, outcomes[end] as Outcome);
    expect([state.stoppedBy, state.stopping.aborted]).toEqual([expected, expected !== undefined]);
  });
});

describe('a run that stops', () => {
  it('keeps its first cause, and says it of what was not reached', async () => {
    const state = run(1);
    state.stop('suspended');
    state.settle(entry, outcomes.failed as Outcome);
    state.stop('deadline');
    expect([state.stoppedBy, state.notStarted()]).toEqual([
      'suspended',
      { result: 'not-started', reason: 'the policy was suspended' },
    ]);
    expect(await Array.fromAsync(state.queue.take())).toEqual([]);
  });
});

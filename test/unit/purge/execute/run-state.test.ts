import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunState } from '../../../../src/purge/execute/run-state.ts';
import type { PlanEntry } from '../../../../src/purge/plan/plan.ts';
import type { Outcome } from '../../../../src/purge/record/report.ts';

const entry = (namespace: string, name = 'shop'): PlanEntry => ({
  namespace,
  name,
  revision: 1,
  status: 'deployed',
  action: 'purge',
  rule: 'selected',
  reason: 'selected',
});
const outcomes = {
  purged: { result: 'purged', durationMs: 1 },
  failed: { result: 'failed', durationMs: 1, code: 'X', message: 'no', record: 'left' },
  skipped: { result: 'skipped', durationMs: 1, reason: 'touched' },
} as const satisfies Readonly<Record<string, Outcome>>;
type End = keyof typeof outcomes;

function run(maxConsecutiveFailures: number, entries: readonly PlanEntry[] = [entry('a')]): RunState {
  const limits = { maxReleases: 9, maxReleasesPerNamespace: 9, maxNamespaces: 9, maxPercent: undefined };
  return new RunState(entries, { settings: { perNamespace: 2, limits: { ...limits, maxConsecutiveFailures } } });
}

/** `a+ b- c~`: in a something was purged, in b it failed, in c it was skipped. */
function settleAll(state: RunState, ends: string): void {
  const meant: Readonly<Record<string, End>> = { '+': 'purged', '-': 'failed', '~': 'skipped' };
  for (const end of ends.split(' ')) state.settle(entry(end.slice(0, -1)), outcomes[meant[end.slice(-1)] ?? 'skipped']);
}

/** Namespaces of which the queue still hands something out. */
async function going(state: RunState): Promise<string[]> {
  const taken = await Array.fromAsync(state.queue.take());
  return taken.map(({ namespace }) => namespace);
}

describe('failures one after another, in the order in which they end, at three of them', () => {
  it.each<[string, string, { stoppedBy: 'failures' | undefined; going: string[] }]>([
    ['two in one namespace end nothing', 'a- a-', { stoppedBy: undefined, going: ['a', 'b', 'c'] }],
    ['three end their namespace alone', 'a- a- a-', { stoppedBy: undefined, going: ['b', 'c'] }],
    ['and so do many more', 'a- a- a- a- a- a- a-', { stoppedBy: undefined, going: ['b', 'c'] }],
    ['what is skipped neither counts nor ends the row', 'a- a~ a- a~ a-', { stoppedBy: undefined, going: ['b', 'c'] }],
    ['a release that is purged there ends the row', 'a- a- a+ a- a-', { stoppedBy: undefined, going: ['a', 'b', 'c'] }],
    ['one that is purged elsewhere does not', 'a- a- b+ a-', { stoppedBy: undefined, going: ['b', 'c'] }],
    ['a namespace that has ended stays so', 'a- a- a- a+', { stoppedBy: undefined, going: ['b', 'c'] }],
    ['two namespaces may fail', 'a- a- a- b- b- b-', { stoppedBy: undefined, going: ['c'] }],
    ['three stop the run', 'a- b- c-', { stoppedBy: 'failures', going: [] }],
    ['not if one is purged in between', 'a- b- c+ c-', { stoppedBy: undefined, going: ['a', 'b', 'c'] }],
    ['a namespace counts once until one is purged', 'a- a- b- b- b~ a-', { stoppedBy: undefined, going: ['b', 'c'] }],
  ])('%s: %s', async (_what, ends, expected) => {
    const state = run(
      3,
      ['a', 'b', 'c'].map((namespace) => entry(namespace)),
    );
    settleAll(state, ends);
    expect({ stoppedBy: state.stoppedBy, going: await going(state) }).toEqual(expected);
    expect(state.stopping.aborted).toBe(expected.stoppedBy !== undefined);
  });

  it('stop a run of fewer namespaces where every one has ended', () => {
    const state = run(3, [entry('a'), entry('b')]);
    settleAll(state, 'a- b- a- b- a-');
    expect(state.stoppedBy).toBeUndefined();
    settleAll(state, 'b-');
    expect(state.stoppedBy).toBe('failures');
  });

  it('stop at the first where one is enough', () => {
    const state = run(1, [entry('a'), entry('b')]);
    settleAll(state, 'a-');
    expect(state.stoppedBy).toBe('failures');
  });

  it('are said of what is left of a namespace, whatever stops the run afterwards', () => {
    const state = run(3, [entry('a'), entry('b')]);
    settleAll(state, 'a- a- a-');
    state.stop('deadline');
    expect([state.notStarted(entry('a')).reason, state.notStarted(entry('b')).reason]).toEqual([
      'too many releases of namespace a failed one after another (maxConsecutiveFailures)',
      "the run's deadline had passed",
    ]);
  });
});

describe('a run to its end', () => {
  const world = fc.record({
    max: fc.integer({ min: 2, max: 5 }),
    sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 6 }),
  });
  /** One after another; how each ends. */
  async function through(max: number, sizes: readonly number[], end: (entry: PlanEntry) => End): Promise<RunState> {
    const entries = sizes.flatMap((size, at) => Array.from({ length: size }, (_, n) => entry(`n${at}`, `r${n}`)));
    const state = run(max, entries);
    for await (const one of state.queue.take()) {
      state.settle(one, outcomes[end(one)]);
      state.queue.release(one);
    }
    return state;
  }

  it('is never stopped by one namespace, whatever its releases do: all others are reached', async () => {
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.infiniteStream(fc.constantFrom<End>('failed', 'skipped', 'purged')),
        async ({ max, sizes }, whims) => {
          const state = await through(max, sizes, ({ namespace }) =>
            namespace === 'n0' ? whims.next().value : 'purged',
          );
          expect(state.stoppedBy).toBeUndefined();
          expect(state.queue.rest.filter(({ namespace }) => namespace !== 'n0')).toEqual([]);
        },
      ),
    );
  });

  it('ends soon where everything fails', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ max, sizes }) => {
        const { outcomes: settled } = await through(max, sizes, () => 'failed');
        expect(settled.length).toBeLessThanOrEqual(sizes.length < max ? max * sizes.length : max * max);
      }),
    );
  });
});

describe('a run that stops', () => {
  it('keeps its first cause, and says it of what was not reached', async () => {
    const state = run(1);
    state.stop('suspended');
    state.settle(entry('a'), outcomes.failed);
    state.stop('deadline');
    expect([state.stoppedBy, state.notStarted(entry('a'))]).toEqual([
      'suspended',
      { result: 'not-started', reason: 'the policy was suspended' },
    ]);
    expect(await Array.fromAsync(state.queue.take())).toEqual([]);
  });
});

import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Controller, type ReconcileObservation } from '../../../src/controller/controller.ts';
import type { Reconcile } from '../../../src/controller/reconciler.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { CodedError } from '../../../src/lib/coded-error.ts';

class TestError extends CodedError {}

interface Running {
  readonly queue: WorkQueue;
  readonly stop: AbortController;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
  /** The observations, as soon as there are `count` of them. */
  readonly seen: (count: number) => Promise<readonly ReconcileObservation[]>;
}

let running: Running | undefined;
afterEach(async () => {
  running?.stop.abort();
  await running?.ended;
  running = undefined;
});

function start(reconcile: Reconcile, workers = 2): Running {
  const queue = new WorkQueue({ clock: systemClock, backoff: { baseMs: 1, maxMs: 1 } });
  const [stop, cancel] = [new AbortController(), new AbortController()];
  const observations: ReconcileObservation[] = [];
  let wake = Promise.withResolvers<void>();
  const observe = (observation: ReconcileObservation): void => {
    observations.push(observation);
    wake.resolve();
  };
  const controller = new Controller({ queue, reconcile, workers, observe });
  const seen = async (count: number): Promise<readonly ReconcileObservation[]> => {
    while (observations.length < count) {
      wake = Promise.withResolvers<void>();
      await wake.promise;
    }
    return observations;
  };
  const ended = controller.run({ stop: stop.signal, cancel: cancel.signal });
  running = { queue, stop, cancel, ended, seen };
  return running;
}

describe('a Controller', () => {
  it('is done with a key that succeeded', async () => {
    const { queue, seen } = start(async () => ({}));
    queue.add('a');
    const [first] = await seen(1);
    expect(first).toMatchObject({ key: 'a', outcome: 'success', failures: 0 });
    expect(first).not.toHaveProperty('error');
  });

  it('looks again after the time that was asked for', async () => {
    let calls = 0;
    const { queue, seen } = start(async () => {
      calls += 1;
      return calls === 1 ? { requeueAfterMs: 1 } : {};
    });
    queue.add('a');
    expect((await seen(2)).map(({ outcome }) => outcome)).toEqual(['requeueAfter', 'success']);
  });

  it('tries again after an error, counts the failures, and forgets them after a success', async () => {
    let calls = 0;
    const { queue, seen } = start(async () => {
      calls += 1;
      if (calls < 3) throw new Error(`failure ${calls}`);
      return {};
    });
    queue.add('a');
    expect((await seen(3)).map(({ outcome, failures }) => [outcome, failures])).toEqual([
      ['error', 1],
      ['error', 2],
      ['success', 0],
    ]);
    expect(queue.failures('a')).toBe(0);
  });

  it('does not try again after a terminal error, until something happens', async () => {
    const error = new TestError('WRONG', 'the spec is wrong', { isTerminal: true });
    const { queue, seen } = start(async (key) => {
      if (key === 'a') throw error;
      return {};
    });
    queue.add('a');
    expect(await seen(1)).toMatchObject([{ outcome: 'terminalError', failures: 1, error }]);
    await systemClock.sleep(10); // ten times the backoff
    queue.add('b');
    expect((await seen(2)).map(({ key }) => key)).toEqual(['a', 'b']);
    queue.add('a');
    expect((await seen(3)).at(-1)).toMatchObject({ key: 'a', outcome: 'terminalError' });
  });

  it('never works on one key twice at once, and never on more keys than it has workers', async () => {
    const active = new Set<string>();
    let most = 0;
    const { queue, seen } = start(async (key) => {
      expect(active.has(key)).toBe(false);
      active.add(key);
      most = Math.max(most, active.size);
      await systemClock.sleep(1);
      active.delete(key);
      return {};
    }, 3);
    for (let round = 0; round < 10; round += 1) {
      for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
      await systemClock.sleep(1);
    }
    const observations = await seen(10);
    expect(observations.filter(({ outcome }) => outcome === 'error')).toEqual([]);
    expect(most).toBe(3);
  });

  it('lets what is in flight finish when it is stopped, and starts nothing more', async () => {
    const gate = Promise.withResolvers<void>();
    const finished: string[] = [];
    const { queue, stop, ended } = start(async (key) => {
      await gate.promise;
      finished.push(key);
      return {};
    }, 1);
    queue.add('a');
    queue.add('b');
    await systemClock.sleep(0);
    stop.abort();
    gate.resolve();
    await ended;
    expect(finished).toEqual(['a']);
  });

  it('does not start at all when it was stopped before', async () => {
    const { queue, ended, stop } = start(async () => ({}));
    stop.abort();
    await ended;
    queue.add('a');
    expect(queue.length).toBe(0);
  });

  it('asks what is in flight to give up when it is cancelled', async () => {
    const { queue, stop, cancel, ended, seen } = start(async (_key, signal) => {
      await systemClock.sleep(60_000, signal);
      return {};
    });
    queue.add('a');
    await systemClock.sleep(0);
    stop.abort();
    cancel.abort(new Error('no more time'));
    await ended;
    expect(await seen(1)).toMatchObject([{ key: 'a', outcome: 'cancelled', failures: 0 }]);
    expect(queue.failures('a')).toBe(0);
  });

  it('leaves no listener behind on the signals, however many keys it worked on', async () => {
    const { queue, stop, cancel, ended, seen } = start(async (_key, signal) => {
      await systemClock.sleep(0, signal);
      return {};
    });
    for (let index = 0; index < 500; index += 1) queue.add(`key-${index}`);
    await seen(500);
    expect(getEventListeners(cancel.signal, 'abort')).toEqual([]);
    stop.abort();
    await ended;
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { systemClock } from '../../../src/lib/clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0); // no test leaves a timer behind
  vi.useRealTimers();
});

const backoff = { baseMs: 100, maxMs: 1_000, jitter: 0 } as const;

function newQueue(): WorkQueue {
  return new WorkQueue({ clock: { ...systemClock, monotonic: () => Date.now() }, backoff, random: () => 0 });
}

/** What can be taken now, in order. */
async function takeAll(queue: WorkQueue): Promise<(string | undefined)[]> {
  const keys: (string | undefined)[] = [];
  while (queue.length > 0) keys.push(await queue.take());
  return keys;
}

describe('a WorkQueue', () => {
  it('gives each key once, in the order in which they came', async () => {
    const queue = newQueue();
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(await takeAll(queue)).toEqual(['b', 'a', 'c']);
  });

  it('hands a key to whoever waits longest', async () => {
    const queue = newQueue();
    const takers = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(takers)).toEqual(['a', 'b']);
  });

  it('holds a key back while it is in flight, and gives it once more afterwards', async () => {
    const queue = newQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect([queue.length, queue.inFlight]).toEqual([0, 1]);
    queue.done('a');
    expect(await takeAll(queue)).toEqual(['a']);
    queue.done('a');
    expect([queue.length, queue.inFlight]).toEqual([0, 0]);
  });

  it('gives a key after its delay, not before', async () => {
    const queue = newQueue();
    queue.addAfter('a', 1_000);
    vi.advanceTimersByTime(999);
    expect(queue.length).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await takeAll(queue)).toEqual(['a']);
  });

  it.each([
    ['a later one', 500, 1_000],
    ['an earlier one', 1_000, 500],
  ])('keeps the earlier of two delays when %s comes second', async (_name, first, second) => {
    const queue = newQueue();
    queue.addAfter('a', first);
    queue.addAfter('a', second);
    vi.advanceTimersByTime(500);
    expect(await takeAll(queue)).toEqual(['a']);
  });

  it('drops a delay that an add makes superfluous', async () => {
    const queue = newQueue();
    queue.addAfter('a', 1_000);
    queue.add('a');
    expect(await takeAll(queue)).toEqual(['a']);
    queue.done('a');
    vi.advanceTimersByTime(1_000);
    expect(queue.length).toBe(0);
  });

  it('does not wait for a delay of nothing', async () => {
    const queue = newQueue();
    queue.addAfter('a', 0);
    expect(await takeAll(queue)).toEqual(['a']);
  });

  it('does not take a delay longer than a timer can count for none', () => {
    const queue = newQueue();
    queue.addAfter('a', 2 ** 40);
    vi.advanceTimersByTime(1_000);
    expect(queue.length).toBe(0);
    queue.shutDown();
  });

  it('waits longer after each failure, up to the limit, and starts anew when told to forget', async () => {
    const queue = newQueue();
    const waits: number[] = [];
    const fail = async (): Promise<void> => {
      const startMs = Date.now();
      queue.addRateLimited('a');
      vi.runAllTimers();
      waits.push(Date.now() - startMs);
      queue.done((await queue.take()) ?? '');
    };
    for (let count = 0; count < 6; count += 1) await fail();
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(queue.failures('a')).toBe(6);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
    await fail();
    expect(waits.at(-1)).toBe(100);
  });

  it('tells how long a key waited for a worker, without its delay, and how long the oldest has been worked on', async () => {
    const waits: number[] = [];
    const clock = { ...systemClock, monotonic: () => Date.now() };
    const queue = new WorkQueue({
      clock,
      observe: (seen) => {
        if (seen.how === 'take') waits.push(seen.waitedMs);
      },
    });
    expect(queue.longestInFlightMs).toBe(0);
    queue.addAfter('a', 1_000);
    vi.advanceTimersByTime(1_020);
    queue.add('a'); // keeps its place, and its time
    await queue.take();
    vi.advanceTimersByTime(50);
    queue.add('b');
    await queue.take();
    vi.advanceTimersByTime(5);
    queue.add('a');
    expect([waits, queue.longestInFlightMs]).toEqual([[20, 0], 55]);
    queue.done('a');
    vi.advanceTimersByTime(7);
    await queue.take();
    expect([waits, queue.longestInFlightMs]).toEqual([[20, 0, 7], 12]);
    queue.shutDown();
  });

  it('gives nothing after it was shut down: waiting takers end, delays are dropped, what is in flight may be done', async () => {
    const queue = newQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.addAfter('later', 10);
    const taker = queue.take();
    queue.shutDown();
    queue.add('b');
    queue.addAfter('c', 10);
    queue.addRateLimited('d');
    expect(await taker).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    queue.done('a');
    expect([queue.length, queue.inFlight]).toEqual([0, 0]);
  });
});

import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ModelQueue, modelBackoff } from './work-queue-model.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const keys = ['a', 'b', 'c', 'd'] as const;
const key = fc.constantFrom(...keys);

/** Few moments, so that many things fall on the same one. */
const ticks = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max }).map((count) => count * 25);

type Either = WorkQueue | ModelQueue;

/** Both are told the same; a counterexample shows it in words. */
function tell(words: string, act: (queue: Either) => void): (queues: readonly Either[]) => void {
  return Object.assign((queues: readonly Either[]) => queues.forEach(act), { [fc.toStringMethod]: () => words });
}

const asked = fc.oneof(
  key.map((each) => tell(`add ${each}`, (queue) => queue.add(each))),
  fc.tuple(key, ticks(12)).map(([each, ms]) => tell(`add ${each} in ${ms}`, (queue) => queue.addAfter(each, ms))),
  key.map((each) => tell(`retry ${each}`, (queue) => queue.addRateLimited(each))),
  key.map((each) => tell(`forget ${each}`, (queue) => queue.forget(each))),
);

const step = fc.oneof(
  { weight: 5, arbitrary: asked.map((act) => ({ act })) },
  { weight: 2, arbitrary: ticks(16).map((turnMs) => ({ turnMs })) },
  { weight: 3, arbitrary: fc.constant('take' as const) },
  { weight: 3, arbitrary: fc.nat({ max: 9 }).map((done) => ({ done })) },
);

it('gives the same keys, in the same order and at the same times, as the model, whatever is interleaved', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.option(fc.nat({ max: 80 })),
      async (steps, endsAt) => {
        vi.clearAllTimers(); // of a run that failed, while a shorter one is looked for
        const model = new ModelQueue();
        const clock = { ...systemClock, monotonic: () => Date.now() };
        const queue = new WorkQueue({ clock, backoff: modelBackoff, random: () => 0 });
        const given: (string | undefined)[] = [];
        const equal = async (): Promise<void> => {
          await Promise.resolve();
          expect({
            given,
            length: queue.length,
            inFlight: queue.inFlight,
            failures: keys.map((each) => queue.failures(each)),
          }).toEqual({
            given: model.given,
            length: model.waiting.length,
            inFlight: model.inFlight.length,
            failures: keys.map((each) => model.failures(each)),
          });
          expect(new Set(model.inFlight).size).toBe(model.inFlight.length); // never two in flight for a key
        };
        for (const [place, each] of steps.entries()) {
          if (place === endsAt) for (const either of [queue, model]) either.shutDown();
          if (each === 'take') {
            void queue.take().then((taken) => given.push(taken));
            model.take();
          } else if ('act' in each) each.act([queue, model]);
          else if ('turnMs' in each) {
            vi.advanceTimersByTime(each.turnMs);
            model.advance(each.turnMs);
          } else {
            const done = model.inFlight[each.done % Math.max(1, model.inFlight.length)];
            if (done !== undefined) for (const either of [queue, model]) either.done(done);
          }
          await equal();
        }
        for (const either of [queue, model]) either.shutDown();
        await equal();
        expect(vi.getTimerCount()).toBe(0); // nothing is left behind
      },
    ),
    { numRuns: 1_000 },
  );
});

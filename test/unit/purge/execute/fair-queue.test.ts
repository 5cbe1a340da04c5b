import fc from 'fast-check';
import pMap from 'p-map';
import { describe, expect, it } from 'vitest';
import { FairQueue, fairOrder, type QueueItem } from '../../../../src/purge/execute/fair-queue.ts';

const item = (text: string): QueueItem => {
  const [namespace = '', name = '', age] = text.split(' ');
  return { namespace, name, ...(age === undefined ? {} : { ageMs: Number(age) }) };
};
const items = fc.uniqueArray(
  fc.record({
    namespace: fc.constantFrom('a', 'b', 'c'),
    name: fc.stringMatching(/^[a-z]{1,3}$/),
    ageMs: fc.nat(5),
  }),
  { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 20 },
);

describe('fairOrder', () => {
  it('takes the oldest first, and lets namespaces take turns', () => {
    const order = fairOrder(['a x 9', 'a y 8', 'a z 7', 'b v 2', 'c w', 'b u 1'].map(item));
    expect(order.map(({ namespace, name }) => `${namespace} ${name}`)).toEqual([
      'a x',
      'b v',
      'c w',
      'a y',
      'b u',
      'a z',
    ]);
  });

  it('loses nothing and does not depend on the order of input', () => {
    fc.assert(
      fc.property(items, (given) => {
        const order = fairOrder(given);
        expect(order).toHaveLength(given.length);
        expect(new Set(order)).toEqual(new Set(given));
        expect(fairOrder(given.toReversed())).toEqual(order);
      }),
    );
  });
});

describe('FairQueue', () => {
  it('hands out everything once, never more at a time than allowed in all and in a namespace', async () => {
    await fc.assert(
      fc.asyncProperty(
        items,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.nat(3)),
        async (...[given, perNamespace, concurrency, delays]) => {
          const queue = new FairQueue(given, { perNamespace });
          const running: string[] = [];
          const done: QueueItem[] = [];
          await pMap(
            queue.take(),
            async (one) => {
              running.push(one.namespace);
              expect(running.length).toBeLessThanOrEqual(concurrency);
              expect(running.filter((namespace) => namespace === one.namespace).length).toBeLessThanOrEqual(
                perNamespace,
              );
              for (let turns = delays.next().value; turns > 0; turns -= 1) await Promise.resolve();
              running.splice(running.indexOf(one.namespace), 1);
              done.push(one);
              queue.release(one);
            },
            { concurrency },
          );
          expect(new Set(done)).toEqual(new Set(given));
          expect(done).toHaveLength(given.length);
        },
      ),
    );
  });

  it('uses every worker while a namespace is full', async () => {
    const queue = new FairQueue(['a 1', 'a 2', 'a 3', 'b 1'].map(item), { perNamespace: 1 });
    const take = queue.take();
    const first = (await take.next()).value;
    const second = (await take.next()).value;
    expect([first?.namespace, second?.namespace]).toEqual(['a', 'b']);
  });

  it('hands out nothing more of a namespace that was dropped, all the same of the others, and wakes who waits', async () => {
    const queue = new FairQueue(['a 1', 'a 2', 'b 1'].map(item), { perNamespace: 1 });
    const take = queue.take();
    await take.next();
    queue.drop('a');
    expect(await take.next()).toEqual({ done: false, value: { namespace: 'b', name: '1' } });
    expect(await take.next()).toEqual({ done: true, value: undefined });
    expect(queue.rest.map(({ name }) => name)).toEqual(['2']);

    const alone = new FairQueue(['a 1', 'a 2'].map(item), { perNamespace: 1 });
    const rest = alone.take();
    await rest.next();
    const waiting = rest.next();
    alone.drop('a');
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('hands out nothing after it was closed, and wakes who waits', async () => {
    const queue = new FairQueue(['a 1', 'a 2'].map(item), { perNamespace: 1 });
    const take = queue.take();
    await take.next();
    const waiting = take.next();
    queue.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(queue.rest.map(({ name }) => name)).toEqual(['2']);
  });
});

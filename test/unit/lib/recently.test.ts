import { expect, it } from 'vitest';
import { recently } from '../../../src/lib/recently.ts';

/** Asks of a source that counts, by a clock that stands. */
function asking(answer: (key: string, count: number) => Promise<string>) {
  let nowMs = 0;
  const asked: string[] = [];
  const ask = recently(
    (key) => {
      asked.push(key);
      return answer(key, asked.length);
    },
    { clock: { monotonic: () => nowMs }, maxAgeMs: 1_000 },
  );
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { ask, asked, pass };
}

it('gives the same answer until it is too old, counted from when it was asked', async () => {
  const { ask, asked, pass } = asking((key, count) => Promise.resolve(`${key}${count}`));
  expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['a1', 'a1', 'b2']);
  pass(999);
  expect(await ask('a')).toBe('a1');
  pass(1);
  expect(await ask('a')).toBe('a3');
  expect(await ask('b')).toBe('b4');
  expect(asked).toEqual(['a', 'b', 'a', 'b']);
});

it('tells a failure to those who wait, and asks anew after it', async () => {
  const { ask, asked } = asking((_key, count) =>
    count === 1 ? Promise.reject(new Error('away')) : Promise.resolve('here'),
  );
  const both = await Promise.allSettled([ask('a'), ask('a')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask('a')).toBe('here');
  expect(asked).toHaveLength(2);
});

it('takes for the same what has the same key', async () => {
  const asked: string[] = [];
  const named = ({ name }: { readonly name: string }) => Promise.resolve(asked.push(name));
  const ask = recently(named, { clock: { monotonic: () => 0 }, maxAgeMs: 1_000, keyOf: ({ name }) => name });
  expect([await ask({ name: 'a' }), await ask({ name: 'a' }), await ask({ name: 'b' })]).toEqual([1, 1, 2]);
  expect(asked).toEqual(['a', 'b']);
});

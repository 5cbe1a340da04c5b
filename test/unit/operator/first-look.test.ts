import { expect, test } from 'vitest';
import { FirstLook } from '../../../src/operator/first-look.ts';

test('tells once that each key was seen, whatever came in between', () => {
  const told: number[] = [];
  const look = new FirstLook(['a', 'b'], (resources) => told.push(resources));
  for (const key of ['a', 'a', 'c']) look.seen(key);
  expect(told).toEqual([]);
  look.seen('b');
  look.seen('b');
  expect(told).toEqual([2]);
});

test('is over at once where there is nothing to look at', () => {
  const told: number[] = [];
  new FirstLook([], (resources) => told.push(resources)).seen('late');
  expect(told).toEqual([0]);
});

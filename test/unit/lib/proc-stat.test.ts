import { expect, test } from 'vitest';
import { startTicksOf } from '../../../src/lib/proc-stat.ts';

const fields = (state: string, threads = 1) =>
  `${state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 ${threads} 18 98765 20 21`;

test.for(['etcd', 'a b', 'evil) R 1 (x', ')'])('the start time is found behind the command "(%s)"', (command) => {
  expect(startTicksOf(`4711 (${command}) ${fields('S')}`)).toBe('98765');
});

test('a zombie is no process any more', () => {
  expect(startTicksOf(`4711 (etcd) ${fields('Z')}`)).toBeUndefined();
});

test('one whose other threads still end keeps its ports, and so counts as running', () => {
  expect(startTicksOf(`4711 (etcd) ${fields('Z', 4)}`)).toBe('98765');
});

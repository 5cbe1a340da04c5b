import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReferenceIndex } from '../../../src/operator/reference-index.ts';

interface User {
  readonly name: string;
}
const [one, other]: readonly [User, User] = [{ name: 'one' }, { name: 'other' }];
const to = (source: string, dataKey = 'k') => ({ source, dataKey });

describe('ReferenceIndex', () => {
  test('finds who refers to a source, and to which of its keys', () => {
    const index = new ReferenceIndex<User>();
    index.replace(one, [to('a', 'x'), to('a', 'y'), to('b')]);
    index.replace(other, [to('a', 'y'), to('c')]);
    expect(index.usersOf('a')).toEqual([one, other]);
    expect([...index.dataKeysOf('a')].sort()).toEqual(['x', 'y']);
    expect(index.usersOf('b')).toEqual([one]);
    expect(index.usersOf('nobody')).toEqual([]);
    expect([...index.dataKeysOf('nobody')]).toEqual([]);
  });

  test('forgets what is referred to no longer, and says which sources nobody needs any more', () => {
    const index = new ReferenceIndex<User>();
    index.replace(one, [to('a', 'x'), to('b')]);
    index.replace(other, [to('a', 'y')]);
    expect(index.replace(one, [to('c')])).toEqual(['b']);
    expect(index.usersOf('a')).toEqual([other]);
    expect([...index.dataKeysOf('a')]).toEqual(['y']);
    expect(index.replace(other, [])).toEqual(['a']);
    expect(index.replace(one, [])).toEqual(['c']);
    expect(index.replace(one, [])).toEqual([]);
  });

  test('is after any changes as if only the last ones had been made', () => {
    const references = fc.array(
      fc.record({ source: fc.constantFrom('a', 'b', 'c'), dataKey: fc.constantFrom('x', 'y') }),
    );
    const change = fc.tuple(fc.constantFrom(one, other), references);
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const [index, last] = [new ReferenceIndex<User>(), new Map<User, readonly { source: string }[]>()];
        for (const [user, some] of changes) {
          const before = ['a', 'b', 'c'].filter((source) => index.usersOf(source).length > 0);
          const released = index.replace(user, some);
          expect(released.toSorted()).toEqual(before.filter((source) => index.usersOf(source).length === 0));
          last.set(user, some);
        }
        for (const source of ['a', 'b', 'c']) {
          const expected = [one, other].filter((user) => last.get(user)?.some((each) => each.source === source));
          expect(new Set(index.usersOf(source))).toEqual(new Set(expected));
        }
      }),
    );
  });
});

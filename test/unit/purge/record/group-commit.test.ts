import { expect, it } from 'vitest';
import { GroupCommit } from '../../../../src/purge/record/group-commit.ts';

/** A store that takes what `known` holds when a write begins, and is slow. */
function store() {
  const known: string[] = [];
  const writes: { readonly had: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const commits = new GroupCommit(() => {
    const end = Promise.withResolvers<void>();
    writes.push({ had: [...known], end });
    return end.promise;
  });
  const add = (item: string): Promise<void> => {
    known.push(item);
    return commits.commit();
  };
  return { add, writes, commits };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('shares one write among those who come at once, and the next among those who come meanwhile', async () => {
  const { add, writes } = store();
  const first = [add('a'), add('b'), add('c')];
  await turn();
  const second = [add('d'), add('e')];
  await turn();
  expect(writes.map(({ had }) => had.join(''))).toEqual(['abc']);
  writes[0]?.end.resolve();
  await Promise.all(first);
  await turn();
  expect(writes.map(({ had }) => had.join(''))).toEqual(['abc', 'abcde']);
  writes[1]?.end.resolve();
  await Promise.all(second);
  await turn();
  expect(writes).toHaveLength(2);
});

it('resolves no caller by a write that began before its call', async () => {
  const { add, writes } = store();
  const first = add('a');
  await turn();
  let isStored = false;
  const second = add('b').then(() => {
    isStored = true;
  });
  writes[0]?.end.resolve();
  await first;
  await turn();
  expect(isStored).toBe(false);
  writes[1]?.end.resolve();
  await second;
});

it('tells a failure to those who waited for that write alone, and goes on', async () => {
  const { add, writes } = store();
  const first = add('a');
  await turn();
  const second = add('b');
  writes[0]?.end.reject(new Error('disk full'));
  await expect(first).rejects.toThrow('disk full');
  await turn();
  writes[1]?.end.resolve();
  await second;
  const third = add('c');
  await turn();
  expect(writes[2]?.had).toEqual(['a', 'b', 'c']);
  writes[2]?.end.resolve();
  await third;
});

it('is idle when nothing is under way or asked for, failures or not', async () => {
  const { add, writes, commits } = store();
  await commits.idle();
  const failing = add('a').catch(() => undefined);
  await turn();
  const last = add('b');
  let isIdle = false;
  const idle = commits.idle().then(() => {
    isIdle = true;
  });
  writes[0]?.end.reject(new Error('no'));
  await failing;
  await turn();
  expect(isIdle).toBe(false);
  writes[1]?.end.resolve();
  await Promise.all([last, idle]);
});

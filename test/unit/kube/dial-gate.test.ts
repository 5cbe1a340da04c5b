import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DialGate } from '../../../src/kube/dial-gate.ts';
import { eventually } from '../../support/eventually.ts';

function start(width: number) {
  const gate = new DialGate(width);
  const { signal } = new AbortController();
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = async (name: string, by: AbortSignal = signal): Promise<void> => {
    const leave = await gate.enter(by);
    inside.push(name);
    leaves.set(name, leave);
  };
  return { enter, inside, signal, leave: (name: string) => leaves.get(name)?.() };
}

describe('a gate', () => {
  it('lets so many in, and each further one for one that leaves, in order', async () => {
    const { enter, inside, leave, signal } = start(2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void enter(name);
    await eventually(() => inside).toEqual(['a', 'b']);
    leave('b');
    await eventually(() => inside).toEqual(['a', 'b', 'c']);
    leave('a');
    leave('c');
    await eventually(() => inside).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('counts a place that is left twice once', async () => {
    const { enter, inside, leave } = start(1);
    await enter('a');
    for (const name of ['b', 'c']) void enter(name);
    leave('a');
    leave('a');
    await eventually(() => inside).toEqual(['a', 'b']);
    leave('b');
    await eventually(() => inside).toEqual(['a', 'b', 'c']);
    leave('c');
    await enter('d');
  });

  it('does not keep a place for who gave up waiting', async () => {
    const { enter, inside, leave } = start(1);
    const impatience = new AbortController();
    const reason = new Error('enough');
    await enter('a');
    const waiting = expect(enter('b', impatience.signal)).rejects.toBe(reason);
    void enter('c');
    impatience.abort(reason);
    await waiting;
    await expect(enter('d', impatience.signal)).rejects.toBe(reason);
    leave('a');
    await eventually(() => inside).toEqual(['a', 'c']);
    expect(getEventListeners(impatience.signal, 'abort')).toEqual([]);
  });
});

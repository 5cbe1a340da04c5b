import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withinTime } from '../../../src/lib/within-time.ts';

const never = new Promise<never>(() => undefined);

describe('a promise that is waited for', () => {
  it('settles as it does, when it does in time', async () => {
    const { signal } = new AbortController();
    expect(await withinTime(Promise.resolve(1), { timeoutMs: 1_000, signal })).toBe(1);
    await expect(withinTime(Promise.reject(new Error('own')), { timeoutMs: 1_000, signal })).rejects.toThrow('own');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is given up when the time is over, with the error that is asked for then', async () => {
    await expect(withinTime(never, { timeoutMs: 10 })).rejects.toThrow('not done within 10 ms');
    const onTimeout = (): Error => new Error('too late');
    await expect(withinTime(never, { timeoutMs: 10, onTimeout })).rejects.toThrow('too late');
  });

  it('is given up when the signal aborts, or has', async () => {
    const abort = new AbortController();
    const waiting = withinTime(never, { signal: abort.signal, timeoutMs: 60_000 });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(withinTime(never, { signal: abort.signal })).rejects.toThrow('enough');
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('may end later as it likes', async () => {
    const late = delay(20).then(() => {
      throw new Error('nobody hears this');
    });
    await expect(withinTime(late, { timeoutMs: 5 })).rejects.toThrow('within 5 ms');
    await delay(30);
  });
});

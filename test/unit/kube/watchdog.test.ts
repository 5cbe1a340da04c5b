import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../src/kube/watchdog.ts';

const parent = new AbortController();

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a watchdog', () => {
  it('aborts after silence, counted from what was heard last', () => {
    using watchdog = new Watchdog(1_000, parent.signal);
    for (let heard = 0; heard < 3; heard += 1) {
      vi.advanceTimersByTime(999);
      watchdog.heard();
    }
    expect([watchdog.signal.aborted, watchdog.hasFired]).toEqual([false, false]);
    vi.advanceTimersByTime(1_000);
    expect([watchdog.signal.aborted, watchdog.hasFired]).toEqual([true, true]);
  });

  it.each([
    ['while it runs', false],
    ['before it starts', true],
  ])('aborts with its parent: %s', (_name, isEarly) => {
    const own = new AbortController();
    const reason = new Error('stopped');
    if (isEarly) own.abort(reason);
    using watchdog = new Watchdog(1_000, own.signal);
    own.abort(reason);
    expect([watchdog.signal.reason, watchdog.hasFired]).toEqual([reason, false]);
  });

  it('leaves neither a timer nor a listener behind', () => {
    for (let index = 0; index < 100; index += 1) {
      using watchdog = new Watchdog(1_000, parent.signal);
      watchdog.heard();
    }
    expect([vi.getTimerCount(), getEventListeners(parent.signal, 'abort')]).toEqual([0, []]);
  });
});

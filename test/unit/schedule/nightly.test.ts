import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { readCalendar } from '../../../src/schedule/calendar.ts';
import { type Nightly, startNightly } from '../../../src/schedule/nightly.ts';

const minuteMs = 60_000;
const calendar = readCalendar({ expression: '0 20 * * *', timeZone: 'Europe/Berlin' });
const started: string[] = [];
const overlaps: string[] = [];
const errors: unknown[] = [];
let nightly: Nightly | undefined;

function start(run: (dueAtMs: number, signal: AbortSignal) => Promise<void> = async () => {}): Nightly {
  nightly = startNightly({
    calendar,
    clock: systemClock,
    run: async (dueAtMs, signal) => {
      started.push(new Date(dueAtMs).toISOString());
      await run(dueAtMs, signal);
    },
    observer: {
      onOverlap: (dueAtMs) => overlaps.push(new Date(dueAtMs).toISOString()),
      onError: (error) => errors.push(error),
    },
  });
  return nightly;
}

describe('startNightly', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-11-18T18:30:10Z') });
    for (const list of [started, overlaps, errors]) list.length = 0;
  });
  afterEach(async () => {
    await nightly?.stop();
    vi.useRealTimers();
  });

  it('runs once at the minute, woken by node-cron', async () => {
    start();
    await vi.advanceTimersByTimeAsync(29 * minuteMs);
    expect(started).toEqual([]);
    await vi.advanceTimersByTimeAsync(5 * minuteMs);
    expect(started).toEqual(['2026-11-18T19:00:00.000Z']);
  });

  it('runs each night, and an error of one does not stop the next', async () => {
    start(async () => {
      throw new Error('the API is down');
    });
    await vi.advanceTimersByTimeAsync(49 * 60 * minuteMs);
    expect(started).toEqual(['2026-11-18T19:00:00.000Z', '2026-11-19T19:00:00.000Z', '2026-11-20T19:00:00.000Z']);
    expect(errors).toHaveLength(3);
  });

  it('makes up for a tick that was lost, and does not repeat one when the clock is set back', () => {
    const { tick } = start();
    vi.setSystemTime(Date.parse('2026-11-18T19:17:00Z'));
    tick();
    vi.setSystemTime(Date.parse('2026-11-18T18:50:00Z'));
    tick();
    vi.setSystemTime(Date.parse('2026-11-18T19:10:00Z'));
    tick();
    expect(started).toEqual(['2026-11-18T19:00:00.000Z']);
  });

  it('does not run what was due before it was started', () => {
    vi.setSystemTime(Date.parse('2026-11-18T19:00:00Z'));
    const { tick } = start();
    tick();
    expect(started).toEqual([]);
  });

  it('never overlaps: what is due while a run goes on is told and left out', async () => {
    let finish = (): void => {};
    start(() => new Promise((resolve) => (finish = resolve)));
    await vi.advanceTimersByTimeAsync(25 * 60 * minuteMs);
    expect(started).toEqual(['2026-11-18T19:00:00.000Z']);
    expect(overlaps).toEqual(['2026-11-19T19:00:00.000Z']);
    finish();
    await vi.advanceTimersByTimeAsync(24 * 60 * minuteMs);
    expect(started).toEqual(['2026-11-18T19:00:00.000Z', '2026-11-20T19:00:00.000Z']);
    finish();
  });

  it('stops: tells the run in flight, waits for it, and starts no other', async () => {
    const seen: string[] = [];
    const { stop, tick } = start(
      (_due, signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            seen.push('told');
            resolve();
          }),
        ),
    );
    await vi.advanceTimersByTimeAsync(31 * minuteMs);
    await stop();
    expect(seen).toEqual(['told']);
    await vi.advanceTimersByTimeAsync(25 * 60 * minuteMs);
    tick();
    expect(started).toHaveLength(1);
  });
});

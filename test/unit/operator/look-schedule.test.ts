import { expect, test } from 'vitest';
import { LookSchedule } from '../../../src/operator/look-schedule.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Asks every second, and notes the seconds at which a look was due. */
async function dueSeconds(schedule: LookSchedule, options: { clock: ManualClock; seconds: number; news: string }) {
  const { clock, seconds, news } = options;
  const due: number[] = [];
  for (let second = 0; second <= seconds; second += 1) {
    if (schedule.take('a', news)) due.push(second);
    await clock.advance(1_000);
  }
  return due;
}

test('looks are due after 2, 4, 8, … seconds, and then every minute', async () => {
  const clock = new ManualClock();
  const due = await dueSeconds(new LookSchedule(clock), { clock, seconds: 250, news: '0 of 1' });
  expect(due).toEqual([2, 6, 14, 30, 62, 122, 182, 242]);
});

test('other news begins anew', async () => {
  const clock = new ManualClock();
  const schedule = new LookSchedule(clock);
  await dueSeconds(schedule, { clock, seconds: 100, news: '0 of 2' });
  expect(await dueSeconds(schedule, { clock, seconds: 10, news: '1 of 2' })).toEqual([2, 6]);
});

test('what changes all the time is left to its events', async () => {
  const clock = new ManualClock();
  const schedule = new LookSchedule(clock);
  for (let pods = 0; pods < 100; pods += 1) {
    expect(schedule.take('a', `${pods} of 100`)).toBe(false);
    await clock.advance(1_500);
  }
});

test('the next look is known in advance, is never due at once, and ends when it is ended', async () => {
  const clock = new ManualClock();
  const schedule = new LookSchedule(clock);
  expect(schedule.dueInMs('a')).toBeUndefined();
  schedule.take('a', '');
  schedule.take('b', '');
  await clock.advance(500);
  expect(schedule.dueInMs('a')).toBe(1_500);
  await clock.advance(5_000);
  expect(schedule.dueInMs('a')).toBe(1);
  schedule.end('a');
  expect([schedule.dueInMs('a'), schedule.dueInMs('b')]).toEqual([undefined, 1]);
});

import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestDue, nextDue, nextDues, readCalendar } from '../../../src/schedule/calendar.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const next = (expression: string, timeZone: string, after: string): string | undefined =>
  iso(nextDue(readCalendar({ expression, timeZone }), at(after)));

describe('nextDue', () => {
  it.each([
    ['an ordinary evening', '0 20 * * 1-5', 'Europe/Berlin', '2026-11-18T10:00Z', '2026-11-18T19:00:00.000Z'],
    ['the very instant is past', '0 20 * * 1-5', 'Europe/Berlin', '2026-11-18T19:00Z', '2026-11-19T19:00:00.000Z'],
    ['over a weekend', '0 20 * * 1-5', 'Europe/Berlin', '2026-11-20T19:00Z', '2026-11-23T19:00:00.000Z'],
    ['the gap in Berlin', '30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00:00.000Z'],
    ['the day after the gap', '30 2 * * *', 'Europe/Berlin', '2026-03-29T01:00Z', '2026-03-30T00:30:00.000Z'],
    ['the midnight gap in Santiago', '0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', '2026-09-06T04:00:00.000Z'],
    ['the repeated hour in Berlin', '30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25T00:30:00.000Z'],
    ['not again in the second pass', '30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30Z', '2026-10-26T01:30:00.000Z'],
    [
      'the repeated hour in New York',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      '2026-11-01T05:30:00.000Z',
    ],
    ['restarted in the second pass', '30 1 * * *', 'America/New_York', '2026-11-01T06:10Z', '2026-11-02T06:30:00.000Z'],
    ['half an hour in Lord Howe', '15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', '2026-10-03T15:30:00.000Z'],
    ['the day Samoa left out', '0 20 30 12 *', 'Pacific/Apia', '2011-12-29T00:00Z', '2011-12-30T10:00:00.000Z'],
    ['a leap day', '0 20 29 2 *', 'Etc/UTC', '2026-01-01T00:00Z', '2028-02-29T20:00:00.000Z'],
    ['either day', '0 20 1 * 5', 'Etc/UTC', '2026-11-21T00:00Z', '2026-11-27T20:00:00.000Z'],
  ])('%s: %s %s after %s', (...[, expression, timeZone, after, expected]) => {
    expect(next(expression, timeZone, after)).toBe(expected);
  });

  it('is due once at the end of a gap however many times fall into it', () => {
    const calendar = readCalendar({ expression: '*/15 2-3 * * *', timeZone: 'Europe/Berlin' });
    const dues = nextDues(calendar, { afterMs: at('2026-03-29T00:00Z'), count: 3 });
    expect(dues.map(iso)).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-29T01:15:00.000Z', '2026-03-29T01:30:00.000Z']);
  });

  it('rests on a holiday of the zone, not of UTC', () => {
    const calendar = readCalendar({ expression: '0 1 * * *', timeZone: 'Asia/Tokyo', holidays: ['2026-12-25'] });
    const dues = nextDues(calendar, { afterMs: at('2026-12-23T20:00Z'), count: 2 });
    expect(dues.map(iso)).toEqual(['2026-12-25T16:00:00.000Z', '2026-12-26T16:00:00.000Z']);
  });

  it('agrees with croner for a fixed time on any day in any zone', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'America/Santiago',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Etc/UTC',
      'Africa/Cairo',
      'Pacific/Chatham',
    ];
    const days = ['* * *', '* * 1-5', '1 * *', '*/2 * *', '* 3,10 0', '1 * 5'];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.constantFrom(...days),
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2025-01-01'), max: new Date('2028-12-31'), noInvalidDate: true }),
        (...[minute, hour, day, timeZone, after]) => {
          const expression = `${minute} ${hour} ${day}`;
          const oracle = new Cron(expression, { timezone: timeZone }).nextRun(after);
          expect(next(expression, timeZone, after.toISOString())).toBe(oracle?.toISOString());
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('latestDue', () => {
  const calendar = readCalendar({ expression: '0 20 * * *', timeZone: 'Europe/Berlin' });
  it.each([
    ['nothing between two ticks', ['2026-11-18T18:58Z', '2026-11-18T18:59Z'], undefined],
    ['the tick at the minute', ['2026-11-18T18:59Z', '2026-11-18T19:00Z'], '2026-11-18T19:00:00.000Z'],
    ['the tick after it', ['2026-11-18T19:00Z', '2026-11-18T19:01Z'], undefined],
    ['a tick that came an hour late', ['2026-11-18T18:59Z', '2026-11-18T20:03Z'], '2026-11-18T19:00:00.000Z'],
    ['three nights passed over are one run', ['2026-11-15T10:00Z', '2026-11-18T10:00Z'], '2026-11-17T19:00:00.000Z'],
    ['a clock that was set back', ['2026-11-18T19:05Z', '2026-11-18T18:00Z'], undefined],
  ])('%s', (_name, [after = '', until = ''], expected) => {
    expect(iso(latestDue(calendar, { afterMs: at(after), untilMs: at(until) }))).toBe(expected);
  });

  it('finds exactly the instants that nextDue names', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00Z') / 60_000, max: at('2027-01-01T00:00Z') / 60_000 }),
        fc.integer({ min: 1, max: 4 * 1440 }),
        (fromMinute, length) => {
          const window = { afterMs: fromMinute * 60_000, untilMs: (fromMinute + length) * 60_000 };
          const latest = latestDue(calendar, window);
          const first = nextDue(calendar, window.afterMs);
          expect(latest === undefined).toBe(first === undefined || first > window.untilMs);
          if (latest !== undefined) expect(nextDue(calendar, latest - 1)).toBe(latest);
        },
      ),
    );
  });
});

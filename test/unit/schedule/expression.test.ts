import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../src/schedule/expression.ts';

describe('parseExpression', () => {
  it.each([
    ['0 20 * * 1-5', { minutes: [0], hours: [20], days: [1, 2, 3, 4, 5] }],
    ['0 20 * * MON-FRI', { minutes: [0], hours: [20], days: [1, 2, 3, 4, 5] }],
    ['30,5 8-10/2 * * 7', { minutes: [5, 30], hours: [8, 10], days: [0] }],
    ['*/20 0 * * 5-7', { minutes: [0, 20, 40], hours: [0], days: [5, 6, 0] }],
    ['  0   20 *  *   0,7 ', { minutes: [0], hours: [20], days: [0] }],
  ])('reads %s', (expression, expected) => {
    const fields = parseExpression(expression);
    expect({ minutes: fields.minutes, hours: fields.hours, days: [...fields.daysOfWeek] }).toEqual(expected);
  });

  it.each([
    ['0 20 1 * 5', true],
    ['0 20 1 * *', false],
    ['0 20 * * 5', false],
    ['0 20 */2 * 5', false],
  ])('of %s says that either day is enough: %s', (expression, isEitherDayEnough) => {
    expect(parseExpression(expression).isEitherDayEnough).toBe(isEitherDayEnough);
  });

  it.each([
    ['', '1 field'],
    ['0 0 20 * * *', '6 field'],
    ['@daily', '1 field'],
    ['0 20 L * *', '"L" is no day of month'],
    ['0 20 15W * *', '"15W" is no day of month'],
    ['0 20 * * 5#2', '"5#2" is no day of week'],
    ['0 20 ? * *', '"?" is no day of month'],
    ['0 20 * * monday', '"monday" is no day of week'],
    ['60 20 * * *', '"60" is no minute (0 to 59)'],
    ['0 24 * * *', '"24" is no hour (0 to 23)'],
    ['0 20 0 * *', '"0" is no day of month (1 to 31)'],
    ['0 20 31 2 *', 'impossible'],
    ['0 20 * 13 *', '"13" is no month (1 to 12)'],
    ['0 20 * * 1-8', '"8" is no day of week (0 to 7)'],
    ['0 22-2 * * *', 'runs backwards'],
    ['0 20 * * FRI-MON', 'runs backwards'],
    ['0 20 * DEC-JAN *', 'runs backwards'],
    ['*/0 20 * * *', 'step of 0'],
    ['5/15 20 * * *', '"5/15" is no minute'],
    ['0 20 * * 1-5,', 'no day of week'],
    ['0 020 * * *', '"020" is no hour'],
    ['CRON_TZ=UTC 0 20 * * *', '6 field'],
  ])('refuses "%s" and says why', (expression, why) => {
    expect(() => parseExpression(expression)).toThrowError(
      expect.objectContaining({
        code: 'SCHEDULE_INVALID',
        message: expect.stringContaining(why),
        remedy: expect.stringContaining('five fields'),
      }),
    );
  });
});

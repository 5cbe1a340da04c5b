// A five-field cron expression: what is accepted, and the sets of numbers that it stands for.
import { validateDetailed } from 'node-cron';
import { ScheduleError } from './errors.ts';

/** What a schedule may say; the text of the error for everything else. */
export const acceptedExpression =
  'five fields (minute hour day-of-month month day-of-week), each *, a number, a range a-b with a <= b, ' +
  'a list of these, with /step after * or a range; JAN-DEC and SUN-SAT (0 and 7 are Sunday)';

/** The local minutes that an expression names. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /**
   * As in cron and CronJob: where both day fields are restricted (do not begin with `*`), one that fits is enough;
   * otherwise both must fit.
   */
  readonly isEitherDayEnough: boolean;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp;
  /** A number, or a name, as a number. */
  readonly toNumber: (text: string) => number;
}

const fields: readonly Field[] = [
  field('minute', { min: 0, max: 59 }),
  field('hour', { min: 0, max: 23 }),
  field('day of month', { min: 1, max: 31 }),
  field('month', { min: 1, max: 12, names: monthNames }),
  field('day of week', { min: 0, max: 7, names: dayNames }),
];

/**
 * Reads an expression. node-cron also takes seconds, `@daily`, `L`, `15W`, `5#2`, `?` and ranges that wrap around; a
 * CronJob does not know them or means something else, so they are refused. @throws ScheduleError `SCHEDULE_INVALID`
 */
export function parseExpression(expression: string): CronFields {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== fields.length) throw invalid(expression, `it has ${texts.length} field(s)`);
  for (const [index, field] of fields.entries()) checkField(expression, field, texts[index] ?? '');
  const checked = validateDetailed(texts.join(' '));
  if (!checked.valid || checked.fields === undefined) {
    throw invalid(expression, checked.errors[0]?.message ?? 'node-cron does not accept it');
  }
  const [, , dayOfMonth = '', , dayOfWeek = ''] = texts;
  return {
    minutes: sorted(checked.fields.minute),
    hours: sorted(checked.fields.hour),
    daysOfMonth: new Set(checked.fields.dayOfMonth.map(Number)),
    months: new Set(checked.fields.month),
    daysOfWeek: new Set(checked.fields.dayOfWeek.map((day) => Number(day) % 7)),
    isEitherDayEnough: !dayOfMonth.startsWith('*') && !dayOfWeek.startsWith('*'),
  };
}

function field(
  title: string,
  { min, max, names = [] }: { readonly min: number; readonly max: number; readonly names?: readonly string[] },
): Field {
  const value = `(?:${['\\d{1,2}', ...names].join('|')})`;
  const item = `(?:\\*(?:/\\d{1,2})?|${value}|${value}-${value}(?:/\\d{1,2})?)`;
  return {
    title,
    min,
    max,
    pattern: new RegExp(`^${item}(?:,${item})*$`, 'i'),
    toNumber: (text) => (/^\d/.test(text) ? Number(text) : names.indexOf(text.toLowerCase()) + min),
  };
}

function checkField(expression: string, { title, min, max, pattern, toNumber }: Field, text: string): void {
  if (!pattern.test(text)) throw invalid(expression, `"${text}" is no ${title}`);
  for (const item of text.split(',')) {
    const [range = '', step] = item.split('/');
    if (step !== undefined && Number(step) === 0) throw invalid(expression, `"${item}" has a step of 0`);
    const [from = '', to] = range.split('-');
    const wrong = [from, to ?? from].find((one) => one !== '*' && (toNumber(one) < min || toNumber(one) > max));
    if (wrong !== undefined) throw invalid(expression, `"${wrong}" is no ${title} (${min} to ${max})`);
    if (to !== undefined && toNumber(from) > toNumber(to)) throw invalid(expression, `"${item}" runs backwards`);
  }
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function invalid(expression: string, why: string): ScheduleError {
  return new ScheduleError('SCHEDULE_INVALID', `"${expression}" is not a schedule: ${why}`, {
    isTerminal: true,
    remedy: `Write ${acceptedExpression}.`,
  });
}

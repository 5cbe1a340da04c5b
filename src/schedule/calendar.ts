// When a schedule is due: a pure function of expression, zone, holidays and two instants; nothing here waits or reads a clock.
import { type CronFields, parseExpression } from './expression.ts';
import { TimeZone } from './time-zone.ts';

/** A schedule as a policy writes it. */
export interface ScheduleText {
  /** Five fields, see `acceptedExpression`. */
  readonly expression: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Local dates (`YYYY-MM-DD`) on which the schedule rests. Default none. */
  readonly holidays?: readonly string[];
}

/** A schedule that was read. */
export interface Calendar {
  readonly fields: CronFields;
  readonly zone: TimeZone;
  readonly holidays: ReadonlySet<string>;
}

const dayMs = 86_400_000;
/** `0 20 29 2 *` comes every four years, over a turn of the century every eight. */
const horizonDays = 366 * 9;

/** Reads a schedule. @throws ScheduleError */
export function readCalendar(text: ScheduleText): Calendar {
  return {
    fields: parseExpression(text.expression),
    zone: new TimeZone(text.timeZone),
    holidays: new Set(text.holidays ?? []),
  };
}

/**
 * The first instant after `afterMs` at which the schedule is due, undefined where there is none within nine years.
 * A local time that the clock jumps over is due at the first minute after the jump; one that comes twice is due once,
 * the first time (DESIGN.md §6).
 */
export function nextDue(calendar: Calendar, afterMs: number): number | undefined {
  const start = calendar.zone.localMinute(afterMs);
  const firstDayMs = Date.UTC(start.year, start.month - 1, start.day);
  // From the day before: a jump may carry a time of yesterday into today.
  for (let index = -1; index <= horizonDays; index += 1) {
    const due = dueOn(calendar, firstDayMs + index * dayMs).find((atMs) => atMs > afterMs);
    if (due !== undefined) return due;
  }
  return undefined;
}

/** The next `count` due instants. */
export function nextDues(calendar: Calendar, options: { readonly afterMs: number; readonly count: number }): number[] {
  const dues: number[] = [];
  let afterMs = options.afterMs;
  while (dues.length < options.count) {
    const due = nextDue(calendar, afterMs);
    if (due === undefined) break;
    dues.push(due);
    afterMs = due;
  }
  return dues;
}

/**
 * The latest due instant in `(afterMs, untilMs]`, undefined where there is none. Level-triggered: however late it is
 * asked, and however many times were passed over, the answer is one run.
 */
export function latestDue(
  calendar: Calendar,
  window: { readonly afterMs: number; readonly untilMs: number },
): number | undefined {
  const end = calendar.zone.localMinute(window.untilMs);
  const lastDayMs = Date.UTC(end.year, end.month - 1, end.day);
  // To two days back of the window's begin: its local date, and a day for a jump.
  for (let dayAt = lastDayMs; dayAt >= window.afterMs - 3 * dayMs; dayAt -= dayMs) {
    const due = dueOn(calendar, dayAt).findLast((atMs) => atMs > window.afterMs && atMs <= window.untilMs);
    if (due !== undefined) return due;
  }
  return undefined;
}

/** The due instants of one local day, ascending; `dayAtMs` is its midnight read as UTC. */
function dueOn({ fields, zone, holidays }: Calendar, dayAtMs: number): number[] {
  const date = new Date(dayAtMs);
  const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  if (!isDayIn(fields, date) || holidays.has(date.toISOString().slice(0, 10))) return [];
  const dues = fields.hours.flatMap((hour) => fields.minutes.map((minute) => zone.instantOf({ ...day, hour, minute })));
  return [...new Set(dues)].sort((a, b) => a - b);
}

function isDayIn(fields: CronFields, date: Date): boolean {
  if (!fields.months.has(date.getUTCMonth() + 1)) return false;
  const isDayOfMonth = fields.daysOfMonth.has(date.getUTCDate());
  const isDayOfWeek = fields.daysOfWeek.has(date.getUTCDay());
  return fields.isEitherDayEnough ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek;
}

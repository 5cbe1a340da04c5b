// What can be wrong with a schedule.
import { CodedError } from '../lib/coded-error.ts';

/** A schedule that cannot be followed. */
export class ScheduleError extends CodedError<'SCHEDULE_INVALID' | 'TIME_ZONE_INVALID'> {}

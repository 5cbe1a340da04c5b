// Values of command-line options, checked where they are read.
import { InvalidArgumentError } from 'commander';
import { parseGoBool } from '../lib/go-bool.ts';
import { parseGoDuration } from '../lib/go-duration.ts';
import { parseGoPeriod, periodExpected } from '../lib/go-period.ts';

/** A whole number in a range, for commander. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Must be a whole number from ${min} to ${max}.`);
  };
}

/** A Go duration (`90s`, `1m30s`) in milliseconds, for commander. */
export function durationMs(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0)
    throw new InvalidArgumentError('Must be a duration such as 30s, 5m or 8h; there are no days.');
  return ms;
}

/** How often, in milliseconds, for commander; 0 is never. */
export function periodMs(text: string): number {
  const ms = parseGoPeriod(text);
  if (ms === undefined) throw new InvalidArgumentError(`Must be ${periodExpected}.`);
  return ms;
}

/** A boolean as Go's flags take it, for commander; an option without a text is true. */
export function goBoolean(text: string): boolean {
  const value = parseGoBool(text);
  if (value === undefined) throw new InvalidArgumentError('Must be true or false.');
  return value;
}

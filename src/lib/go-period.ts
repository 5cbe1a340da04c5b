// How often something is done again, as a Go duration. It has a floor: without one a typing error (`1ns`) keeps a worker and a
// processor busy for ever.
import { parseGoDuration } from './go-duration.ts';

const minPeriodMs = 1_000;

/** What is expected of a period, in words. */
export const periodExpected = 'a Go duration of at least one second, such as 1m30s, or 0 for never';

/** Milliseconds, 0 for never; undefined for every text that is not {@link periodExpected}. */
export function parseGoPeriod(text: string): number | undefined {
  const ms = parseGoDuration(text);
  return ms === 0 || (ms !== undefined && ms >= minPeriodMs) ? ms : undefined;
}

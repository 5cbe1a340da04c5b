// How much is asked of the API server at once, over all releases together (DESIGN.md §1).
import pLimit, { type LimitFunction } from 'p-limit';

/** One for all that uninstall at the same time; also a gate for a client. */
export type RequestLimit = LimitFunction;

/** Lets `maxInFlight` requests through at once. */
export function requestLimit(maxInFlight = 32): RequestLimit {
  return pLimit(maxInFlight);
}

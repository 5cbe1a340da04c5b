// How fast a benchmark asks, and how long it waits: the same for all of them.
import { setTimeout as delay } from 'node:timers/promises';
import type { Site } from './site.ts';

/** Requests of the benchmark in flight: more makes the API server no faster on two cores. */
export const width = 16;

/** How often is asked what the local copies cannot tell. */
export const askMs = 100;

/** Two minutes, and three seconds for each release: ten times what is expected of anybody. */
export const deadlineFor = ({ releases }: Pick<Site, 'releases'>): number => 120_000 + releases.length * 3_000;

/** What a step left to do (garbage collection, endpoints, Events) is not to be paid for by the next one. */
export function settled(seconds: number, signal: AbortSignal): Promise<void> {
  return delay(seconds * 1000, undefined, { signal });
}

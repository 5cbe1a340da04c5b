// Waiting for a state of the cluster: never for ever, and what is missing is said.
import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from './bench-error.ts';

/** How to wait. */
export interface UntilOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** What is missing yet, by name; nothing is what is waited for. */
  readonly missing: () => readonly string[] | Promise<readonly string[]>;
  /** Default 20: what is looked at is a local copy. */
  readonly pollMs?: number;
  /** Ends the wait with its reason: what is waited for has become impossible. */
  readonly failure?: Promise<never>;
}

const shownAtMost = 5;

/** @throws BenchError at the deadline, with the names of what is missing */
export async function until(what: string, options: UntilOptions): Promise<void> {
  const { signal, deadlineMs, failure, pollMs = 20 } = options;
  const startedMs = performance.now();
  for (;;) {
    const missing = await options.missing();
    if (missing.length === 0) return;
    if (performance.now() - startedMs > deadlineMs) {
      throw new BenchError(`${what}: not within ${deadlineMs / 1000} s, ${missing.length} missing: ${shown(missing)}`);
    }
    const waiting = delay(pollMs, undefined, { signal });
    await (failure === undefined ? waiting : Promise.race([waiting, failure]));
  }
}

function shown(missing: readonly string[]): string {
  const rest = missing.length - shownAtMost;
  return `${missing.slice(0, shownAtMost).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

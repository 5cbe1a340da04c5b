// One term of leadership: whether it still holds, asked of the clock each time, and a signal for its end.
import type { Clock } from '../lib/clock.ts';
import { CodedError, type CodedErrorOptions } from '../lib/coded-error.ts';

/** We do not lead, or no longer: what was about to be done is the next leader's to do. Trying again later is fine. */
export class LeaseLostError extends CodedError<'LEASE_LOST'> {
  constructor(message: string, options: CodedErrorOptions = {}) {
    super('LEASE_LOST', message, options);
  }
}

/** A term, as those who act in it see it. */
export interface Term {
  /** `leaseTransitions`: grows with each new holder. */
  readonly transitions: number;
  /** Aborts at the end, with a {@link LeaseLostError}. A stopped process learns it late: ask `isValid` before an act. */
  readonly signal: AbortSignal;
  /** Whether the Lease is surely ours at this moment. Reads the clock, so it is right also after a SIGSTOP. */
  readonly isValid: boolean;
}

/** A term, as the election that keeps it sees it. */
export class LeaderTerm implements Term {
  readonly transitions: number;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #until: Instant;

  constructor(options: { readonly transitions: number; readonly clock: Clock; readonly until: Instant }) {
    this.transitions = options.transitions;
    this.#clock = options.clock;
    this.#until = options.until;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isValid(): boolean {
    return !this.#over.signal.aborted && this.restMs > 0;
  }

  /** How long it still holds, in milliseconds: {@link restMs}. */
  get restMs(): number {
    return restMs(this.#until, this.#clock);
  }

  /** A renewal succeeded. */
  extend(until: Instant): void {
    this.#until = until;
  }

  /** Ends it for good. The first reason stands. */
  end(reason: LeaseLostError): void {
    if (!this.#over.signal.aborted) this.#over.abort(reason);
  }
}

/** One moment on both clocks. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The moment `ms` from now. */
export function instantIn(ms: number, clock: Clock): Instant {
  return { monotonicMs: clock.monotonic() + ms, wallMs: clock.now() + ms };
}

/**
 * How long it is until then, in milliseconds; negative: for how long it is past. The monotonic clock decides. It stands still
 * while the machine sleeps, and then the wall clock, which does not, has it come sooner.
 */
export function restMs(until: Instant, clock: Clock): number {
  return Math.min(until.monotonicMs - clock.monotonic(), until.wallMs - clock.now());
}

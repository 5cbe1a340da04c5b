// Exponential backoff with jitter: how long to wait before attempt n, without state and without a clock.

/** The curve. */
export interface BackoffOptions {
  /** Wait before the first repetition. */
  readonly baseMs: number;
  /** The longest wait. */
  readonly maxMs: number;
  /** Growth per attempt. Default 2. */
  readonly factor?: number;
  /** Share of the wait that is random, 0–1: 0.5 gives between half and the whole. Default 0.5. */
  readonly jitter?: number;
}

/**
 * The wait before repetition `attempt` (0 is the first), in milliseconds. `random` is a number in [0, 1), handed in so
 * that the function stays pure.
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions): number {
  const factor = options.factor ?? 2;
  const jitter = options.jitter ?? 0.5;
  const whole = Math.min(options.maxMs, options.baseMs * factor ** Math.min(attempt, 64));
  return Math.round(whole * (1 - jitter * random));
}

// The times of an election: defaults, what must hold between them, and jitter.

/** Times of an election, in milliseconds. */
export interface LeaseTiming {
  /** How long others leave the Lease alone after its last renewal. Whole seconds. Default 15,000. */
  readonly leaseDurationMs: number;
  /**
   * How long the leader takes itself for the leader, from before it sent the last renewal that succeeded. The rest of the
   * lease is the margin for what was sent already, and for clocks that run unlike. Default two thirds of the lease.
   */
  readonly renewDeadlineMs: number;
  /** From one renewal to the next, give or take a tenth. Default a third of the lease. */
  readonly renewIntervalMs: number;
  /**
   * From a failed attempt to the next, up to a fifth more; a leader, from the start of one to the start of the next, in half
   * the time. Default 2,000, or a seventh of a shorter lease.
   */
  readonly retryMs: number;
  /** Given to one attempt. Default 3,000, or a fifth of a shorter lease: a renewal that hangs leaves time for another. */
  readonly requestTimeoutMs: number;
}

/** Fills in the defaults. @throws RangeError where the times cannot keep two from leading at once */
export function leaseTiming(given: Partial<LeaseTiming> = {}): LeaseTiming {
  const leaseDurationMs = given.leaseDurationMs ?? 15_000;
  const timing: LeaseTiming = {
    leaseDurationMs,
    renewDeadlineMs: given.renewDeadlineMs ?? (leaseDurationMs * 2) / 3,
    renewIntervalMs: given.renewIntervalMs ?? leaseDurationMs / 3,
    retryMs: given.retryMs ?? Math.min(2_000, leaseDurationMs / 7),
    requestTimeoutMs: given.requestTimeoutMs ?? Math.min(3_000, leaseDurationMs / 5),
  };
  const { renewDeadlineMs, renewIntervalMs, retryMs, requestTimeoutMs } = timing;
  if (leaseDurationMs < 1000 || leaseDurationMs % 1000 !== 0) {
    throw new RangeError(`leaseDurationMs ${leaseDurationMs} is not a whole number of seconds`);
  }
  if (!(renewDeadlineMs < leaseDurationMs && renewIntervalMs * 1.1 < renewDeadlineMs)) {
    throw new RangeError(
      `renewIntervalMs ${renewIntervalMs} and a tenth < renewDeadlineMs ${renewDeadlineMs} < leaseDurationMs ${leaseDurationMs} must hold`,
    );
  }
  if (!(renewIntervalMs > 0 && retryMs > 0 && requestTimeoutMs > 0)) {
    throw new RangeError('renewIntervalMs, retryMs and requestTimeoutMs must be above 0');
  }
  return timing;
}

/** `ms` give or take `share` of it; `random` is in [0, 1). */
export function spread(ms: number, random: number, share = 0.1): number {
  return ms * (1 - share + 2 * share * random);
}

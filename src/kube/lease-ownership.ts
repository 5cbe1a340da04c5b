// Which version of the Lease is surely ours. Our name in it proves nothing: somebody may have written it there by hand, or
// put back a copy that was saved while we led, and another may lead until it notices.
import type { Clock } from '../lib/clock.ts';
import { type Instant, restMs } from './leader-term.ts';
import type { Lease, LeaseSpec } from './lease.ts';

/** A write that says that we hold the Lease. */
export interface Claim {
  readonly spec: LeaseSpec;
  /** Until when a Lease that says exactly this can only be this write's doing. */
  readonly until: Instant;
}

/** What one elector has written, and what that proves. */
export class LeaseOwnership {
  readonly #clock: Clock;
  #version: string | undefined;
  #heldUntil: Instant = { monotonicMs: -Infinity, wallMs: -Infinity };
  #unanswered: readonly Claim[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The version that we wrote last. While the Lease has it, nobody has written since, so nobody else has led. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Until when the last write that was answered keeps everybody else from taking the Lease, whatever it says by now. */
  get heldUntil(): Instant {
    return this.#heldUntil;
  }

  /** Whether that is still so. */
  get isHeld(): boolean {
    return restMs(this.#heldUntil, this.#clock) > 0;
  }

  /** To be told before a claim is sent: it may be done and not answered. */
  sending(claim: Claim): void {
    this.#unanswered = [...this.#unanswered.filter(({ until }) => restMs(until, this.#clock) > 0), claim];
  }

  /** To be told of a claim that was answered. */
  wrote(lease: Lease, until: Instant): void {
    this.#version = lease.metadata.resourceVersion;
    this.#heldUntil = until;
    this.#unanswered = [];
  }

  /**
   * To be told of what is read. A claim that was done but not answered is known by its times, which no other has. Only for
   * as long as nobody may have taken the Lease since: later it could be a copy that somebody put back over the next leader's.
   */
  saw({ metadata, spec }: Lease): void {
    const claim = this.#unanswered.find(
      ({ spec: { holderIdentity, acquireTime, renewTime } }) =>
        spec?.holderIdentity === holderIdentity && spec?.acquireTime === acquireTime && spec?.renewTime === renewTime,
    );
    if (claim !== undefined && restMs(claim.until, this.#clock) > 0) this.#version = metadata.resourceVersion;
  }
}

// One brake for all who share a connection: where the server says 429 to one, all wait, once.
import type { Clock } from '../lib/clock.ts';

/** Holds requests back until the server wants to see them again. */
export class RequestBrake {
  readonly #clock: Clock;
  readonly #random: () => number;
  #untilMs = 0;

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Milliseconds until the brake is off; 0 when it is. */
  get remainingMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.monotonic());
  }

  /** Puts the brake on for at least `ms` from now. It is never shortened. */
  hold(ms: number): void {
    this.#untilMs = Math.max(this.#untilMs, this.#clock.monotonic() + ms);
  }

  /**
   * Resolves when the hold of this moment is over; those who waited are spread over a fifth of the wait, lest they come all
   * at once. What prolongs it meanwhile is not waited for: the server throttles by flow and priority, and whoever is not
   * throttled himself would otherwise wait for as long as anybody is. Who is, is told so again, and holds.
   */
  async pass(signal?: AbortSignal): Promise<void> {
    const remaining = this.remainingMs;
    if (remaining > 0) await this.#clock.sleep(remaining * (1 + 0.2 * this.#random()), signal);
  }
}

// The kill switch: whether the policy that a run goes by is still what it was, asked right before each release is started (P6).
import type { Clock } from '../../lib/clock.ts';

/** A policy as it is now. */
export interface PolicyReading {
  readonly isSuspended: boolean;
  /** Another one for another policy of that name, and for another `spec`. */
  readonly version: string;
}

/** Reads it again; undefined where there is none any more. @throws where it cannot be read */
export type ReadPolicyAgain = (signal?: AbortSignal) => Promise<PolicyReading | undefined>;

/** Why a policy ends a run that is at work. */
export type PolicyStop = 'suspended' | 'policy-changed';

/** A reading stands for this long, for all who ask. */
const freshMs = 1_000;

/** What a guard is made with. */
export interface PolicyGuardOptions {
  /** Of the policy that the run was planned by. */
  readonly version: string;
  readonly clock: Clock;
}

/** One for each run. */
export class PolicyGuard {
  readonly #read: ReadPolicyAgain;
  readonly #options: PolicyGuardOptions;
  #reading: { readonly atMs: number; readonly result: Promise<PolicyReading | undefined> } | undefined;

  constructor(read: ReadPolicyAgain, options: PolicyGuardOptions) {
    this.#read = read;
    this.#options = options;
  }

  /**
   * Why nothing more is to be started; undefined where the policy stands. Reads at most once a second.
   * @throws where the policy cannot be read: then what is asked about is not started either
   */
  async stop(signal?: AbortSignal): Promise<PolicyStop | undefined> {
    const now = await this.#fresh(signal);
    if (now?.isSuspended === true) return 'suspended';
    return now?.version === this.#options.version ? undefined : 'policy-changed';
  }

  #fresh(signal: AbortSignal | undefined): Promise<PolicyReading | undefined> {
    const nowMs = this.#options.clock.monotonic();
    if (this.#reading !== undefined && nowMs - this.#reading.atMs < freshMs) return this.#reading.result;
    const reading = { atMs: nowMs, result: this.#read(signal) };
    this.#reading = reading;
    reading.result.catch(() => {
      if (this.#reading === reading) this.#reading = undefined; // a failure tells the next nothing
    });
    return reading.result;
  }
}

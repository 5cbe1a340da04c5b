// An elector's hand on the Lease: what it last saw there, and its conditional writes, each bounded in time.
import type { Clock } from '../lib/clock.ts';
import { ApiError, isApiError } from './errors.ts';
import { type Instant, instantIn } from './leader-term.ts';
import type { Lease, LeaseSpec, LeaseStore } from './lease.ts';
import {
  holderOf,
  type LeaseObservation,
  type LongestHold,
  longestHold,
  observe,
  releasedSpec,
  takeableAtMs,
} from './lease-observation.ts';
import { LeaseOwnership } from './lease-ownership.ts';
import type { LeaseTiming } from './lease-timing.ts';

/** Whose hand. */
export interface ElectionRecordOptions {
  readonly lease: LeaseStore;
  readonly identity: string;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
  readonly isMissingFree: boolean;
  readonly onNewHolder: (identity: string | undefined) => void;
}

/** What a successful write gives: how long the Lease is ours, counted from before the request was sent. */
export interface Held {
  readonly transitions: number;
  readonly until: Instant;
}

const maxConflicts = 3;

/** One elector's view of one Lease. */
export class ElectionRecord {
  readonly #options: ElectionRecordOptions;
  readonly #ownership: LeaseOwnership;
  #seen: LeaseObservation | undefined;
  #holder: string | undefined;
  #longest: LongestHold | undefined;
  #heardMs = -Infinity;
  #seenMs = -Infinity;
  #acquireTime = '';
  #transitions = 0;
  #lastWriteMs = 0;

  constructor(options: ElectionRecordOptions) {
    this.#options = options;
    this.#ownership = new LeaseOwnership(options.clock);
  }

  /** The holder last seen. */
  get holder(): string | undefined {
    return this.#holder;
  }

  /** Until the Lease may be taken, as far as was seen; infinite where it must be looked at first. */
  get takeableInMs(): number {
    if (this.#seen === undefined) return Infinity;
    const { isMissingFree, clock } = this.#options;
    const candidate = { ownVersion: this.#ownership.version, isMissingFree, leaseDurationMs: this.#patienceMs };
    return takeableAtMs(this.#seen, candidate) - clock.monotonic();
  }

  /** Whether it was looked for and there is none. */
  get isMissing(): boolean {
    return this.#seen !== undefined && this.#seen.lease === undefined;
  }

  /** How long nothing was heard of the Lease, in milliseconds. */
  get silentForMs(): number {
    return this.#options.clock.monotonic() - this.#heardMs;
  }

  /** When there last was a Lease, as far as was seen, on the monotonic clock; `-Infinity`: never. */
  get seenMs(): number {
    return this.#seenMs;
  }

  /** Reads the Lease. */
  async look(signal: AbortSignal): Promise<void> {
    this.#see(await this.#bounded((attempt) => this.#options.lease.read(attempt), signal));
  }

  /**
   * Makes the Lease that is missing, held by nobody. That there is none, twice, proves nothing: one may have been made, held
   * and deleted while we could not look. An unchanged version proves that nothing happened in between, however long ago it
   * was seen.
   */
  async mark(signal: AbortSignal): Promise<void> {
    const spec = { leaseDurationSeconds: Math.ceil(this.#patienceMs / 1000) };
    try {
      this.#see(await this.#bounded((attempt) => this.#options.lease.create(spec, attempt), signal));
    } catch (error) {
      if (!isOvertaken(error, undefined)) throw error;
      await this.look(signal);
    }
  }

  /** Sees every change from the last one seen until the watch ends; gives control back after each. */
  async *watch(signal: AbortSignal): AsyncGenerator<void, void, undefined> {
    const lease = this.#seen?.lease;
    if (lease === undefined) return;
    for await (const next of this.#options.lease.watch(lease, signal)) {
      this.#see(next);
      yield;
      if (next === undefined) return;
    }
  }

  /**
   * Takes the Lease as it was last seen; undefined where somebody was faster. An answer is waited for even when the program
   * stops meanwhile, so that what was won can be released.
   */
  async take(): Promise<Held | undefined> {
    const held = this.#seen?.lease;
    const before = { transitions: this.#transitions, acquireTime: this.#acquireTime };
    this.#acquireTime = this.#now();
    this.#transitions = held === undefined ? 0 : (held.spec?.leaseTransitions ?? 0) + (this.#isOwnVersion ? 0 : 1);
    const { signal } = new AbortController();
    try {
      return await this.#write(signal, { isTaken: true });
    } catch (error) {
      ({ transitions: this.#transitions, acquireTime: this.#acquireTime } = before);
      if (!isOvertaken(error, held)) throw error;
      this.#seen = undefined; // whatever comes of the next look: what we saw is over
      await this.look(signal);
      return undefined;
    }
  }

  /**
   * Renews; a Lease that was deleted is made again, and one that somebody edited is ours again: while the term is valid
   * nobody else may have held it since. Undefined where it says that somebody else holds it, or where the term has run out
   * meanwhile. To be called only while the term is valid.
   */
  async renew(signal: AbortSignal): Promise<Held | undefined> {
    for (let conflicts = 1; ; conflicts += 1) {
      const held = this.#seen?.lease;
      try {
        return await this.#write(signal);
      } catch (error) {
        if (!isOvertaken(error, held) || conflicts === maxConflicts) throw error;
        await this.look(signal); // our own write whose answer was lost, a label that somebody set, or another name
        if (!this.#isStillOurs) return undefined;
      }
    }
  }

  /** Leaves the Lease to the next, where it is surely still ours: who merely finds his name there has nothing to give. */
  async release(): Promise<void> {
    const { signal } = new AbortController();
    for (let conflicts = 1; this.#isStillOurs; conflicts += 1) {
      const held = this.#seen?.lease;
      const spec = releasedSpec(this.#now());
      try {
        if (holderOf(held) === undefined || held === undefined) return;
        this.#see(await this.#bounded((attempt) => this.#options.lease.update(held, spec, attempt), signal));
      } catch (error) {
        if (!isOvertaken(error, held) || conflicts === maxConflicts) throw error;
        await this.look(signal);
      }
    }
  }

  /** Undefined where it was done, and yet does not prove that the Lease is ours. */
  async #write(signal: AbortSignal, { isTaken = false } = {}): Promise<Held | undefined> {
    const { lease, identity, timing, clock } = this.#options;
    const held = this.#seen?.lease;
    const until = instantIn(timing.renewDeadlineMs, clock);
    const spec: LeaseSpec = {
      holderIdentity: identity,
      leaseDurationSeconds: timing.leaseDurationMs / 1000,
      acquireTime: this.#acquireTime,
      renewTime: this.#now(),
      leaseTransitions: this.#transitions,
    };
    // A version that was replaced proves that nothing happened since it was seen. One that is made anew proves nothing: only
    // the term that it prolongs does, while it is valid.
    const isProof = held !== undefined || isTaken;
    this.#ownership.sending({ spec, until: isProof ? until : this.#ownership.heldUntil });
    const written = await this.#bounded(
      (attempt) => (held === undefined ? lease.create(spec, attempt) : lease.update(held, spec, attempt)),
      signal,
    );
    const isOurs = isProof || this.#ownership.isHeld;
    if (isOurs) this.#ownership.wrote(written, until);
    this.#see(written);
    if (!isOurs) return undefined;
    this.#longest = undefined; // whoever held it before has stopped
    return { transitions: this.#transitions, until };
  }

  get #isOwnVersion(): boolean {
    return this.#seen?.lease !== undefined && this.#seen.lease.metadata.resourceVersion === this.#ownership.version;
  }

  /** The version is ours, or our term is still valid and no other name is in the Lease. */
  get #isStillOurs(): boolean {
    if (this.#isOwnVersion) return true;
    return this.#ownership.isHeld && (this.#holder === undefined || this.#holder === this.#options.identity);
  }

  /** How long any Lease is left alone. */
  get #patienceMs(): number {
    return Math.max(this.#options.timing.leaseDurationMs, this.#longest?.durationMs ?? 0);
  }

  #see(lease: Lease | undefined): void {
    this.#heardMs = this.#options.clock.monotonic();
    const last = this.#seen?.lease;
    this.#seen = observe(this.#seen, { lease, atMs: this.#heardMs });
    if (lease !== undefined) {
      this.#seenMs = this.#heardMs;
      this.#ownership.saw(lease);
    }
    if (!this.#isOwnVersion) this.#longest = longestHold(this.#longest, { last, now: lease });
    const holder = holderOf(lease);
    if (holder === this.#holder) return;
    this.#holder = holder;
    this.#options.onNewHolder(holder);
  }

  /** MicroTime. Never twice the same: a write that changes nothing gives no new version, and others would see no life. */
  #now(): string {
    const nowMs = this.#options.clock.now();
    const isRepeated = Math.abs(nowMs - this.#lastWriteMs) < 1;
    this.#lastWriteMs = isRepeated ? this.#lastWriteMs + 0.001 : nowMs;
    const micros = String(Math.round((this.#lastWriteMs % 1) * 1000)).padStart(3, '0');
    return new Date(this.#lastWriteMs).toISOString().replace(/Z$/, `${micros}Z`);
  }

  async #bounded<T>(send: (attempt: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, timing, lease } = this.#options;
    const [tooLong, done] = [new AbortController(), new AbortController()];
    const timer = clock
      .sleep(timing.requestTimeoutMs, done.signal)
      .then(() =>
        tooLong.abort(
          new ApiError('API_TIMEOUT', `Lease ${lease.key}: no answer within ${timing.requestTimeoutMs / 1000} s`),
        ),
      )
      .catch(() => undefined); // it was answered
    try {
      return await send(AbortSignal.any([signal, tooLong.signal]));
    } finally {
      done.abort();
      await timer;
    }
  }
}

/** The server refused a conditional write because the Lease is not what we saw. */
function isOvertaken(error: unknown, held: Lease | undefined): boolean {
  return held === undefined
    ? isApiError(error, 'API_ALREADY_EXISTS')
    : isApiError(error, 'API_CONFLICT', 'API_NOT_FOUND');
}

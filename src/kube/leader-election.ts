// Leader election over a Lease: at most one elector leads at a time, whatever is stopped, killed, slow or cut off.
//
// The protocol is client-go's: a conditional write decides, and a candidate waits one lease duration on its own monotonic
// clock after the last change that it saw, so clocks need not agree. Four points differ. The leader counts from before it
// sent a renewal, and whether it leads is asked of the clock, not of a timer, which a stopped process gets late. A standby
// watches instead of polling, so a release is seen at once and costs no requests. What the Lease says is not believed, be it
// missing, held by nobody, by ourselves, or for a second: its holder may be alive. What was begun is over before it is released.
import { type Clock, systemClock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import { ElectionRecord, type Held } from './election-record.ts';
import { isApiError } from './errors.ts';
import { LeaderTerm, LeaseLostError, type Term } from './leader-term.ts';
import type { LeaseStore } from './lease.ts';
import { type LeaseTiming, leaseTiming, spread } from './lease-timing.ts';

/** Options of {@link LeaderElection}. */
export interface LeaderElectionOptions extends Partial<LeaseTiming> {
  readonly lease: LeaseStore;
  /** Unlike that of any other elector, now or earlier: `electorIdentity`. */
  readonly identity: string;
  readonly clock?: Clock;
  /** In [0, 1), for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /**
   * Whether a Lease that does not exist is taken at once. Default false: it may have been deleted under a living holder, so
   * one is made that nobody holds, and a lease duration passes first. True where nobody else can be running.
   */
  readonly isMissingFree?: boolean;
  /** Called when a term begins. Must not throw. */
  readonly onStartedLeading?: (term: Term) => void;
  /**
   * Called when a term is over. Until its promise settles, the Lease is neither released nor sought again. Must not throw
   * or reject.
   */
  readonly onStoppedLeading?: (reason: LeaseLostError) => void | Promise<void>;
  /** Called when another holder, or none (undefined), is seen. */
  readonly onNewHolder?: (identity: string | undefined) => void;
  /** Called for each failed attempt; the election goes on by itself. */
  readonly onError?: (error: unknown) => void;
}

/** One elector. To be run once. */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #timing: LeaseTiming;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #record: ElectionRecord;
  readonly #waiting = new Set<(term: Term) => void>();
  #term: LeaderTerm | undefined;
  #failure: { readonly text: string; readonly atMs: number } | undefined;

  /** @throws RangeError where the times cannot keep two from leading at once */
  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timing = leaseTiming(options);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#record = new ElectionRecord({
      lease: options.lease,
      identity: options.identity,
      clock: this.#clock,
      timing: this.#timing,
      isMissingFree: options.isMissingFree === true,
      onNewHolder: (identity) => options.onNewHolder?.(identity),
    });
  }

  /** Who we are. */
  get identity(): string {
    return this.#options.identity;
  }

  /** The holder last seen, ourselves included. For people: it may be gone. */
  get holder(): string | undefined {
    return this.#record.holder;
  }

  /** Whether the Lease is surely ours at this moment. Reads the clock, so it is right also after a SIGSTOP. */
  get isLeading(): boolean {
    return this.#term?.isValid === true;
  }

  /**
   * The Lease, with what went wrong last, where it was not seen yet, or not for a lease and a third: this elector can neither
   * lead nor follow. Empty when all is well; a standby that follows a leader is well.
   */
  get waitingFor(): readonly string[] {
    const { seenMs } = this.#record;
    if (this.#clock.monotonic() - seenMs <= (this.#timing.leaseDurationMs * 4) / 3) return [];
    const name = `Lease ${this.#options.lease.key}`;
    return this.#failure === undefined || this.#failure.atMs < seenMs ? [name] : [`${name} (${this.#failure.text})`];
  }

  /** The term, while it is valid. */
  get term(): Term | undefined {
    return this.#term?.isValid === true ? this.#term : undefined;
  }

  /**
   * To be called right before each act. A stopped process may be here before the timer of its term's expiry: the term then
   * ends now, for all who work in it. @throws LeaseLostError
   */
  assertLeading(): void {
    if (this.isLeading) return;
    if (this.#term !== undefined) this.#expire(this.#term);
    throw this.#lost(`is not held by this replica (${this.identity})`);
  }

  /** Resolves with the term that is valid, or the next one; rejects with the signal's reason. */
  async waitUntilLeading(signal?: AbortSignal): Promise<Term> {
    signal?.throwIfAborted();
    const { term } = this;
    if (term !== undefined) return term;
    const { promise, resolve, reject } = Promise.withResolvers<Term>();
    const onAbort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(resolve);
    try {
      return await promise;
    } finally {
      this.#waiting.delete(resolve);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Seeks the Lease, keeps it, and seeks it again after a loss, until `signal` aborts. Then the term ends at once; when
   * `onStoppedLeading` is done the Lease is released, and the next takes it without waiting. Drain before aborting: what is
   * fenced by this election cannot act afterwards. Never rejects for a failed request.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const held = await this.#acquire(signal);
      if (held !== undefined) await this.#lead(held, signal);
    }
    await this.#record.release().catch((error: unknown) => this.#failed(error));
  }

  async #acquire(signal: AbortSignal): Promise<Held | undefined> {
    const record = this.#record;
    while (!signal.aborted) {
      try {
        if (record.takeableInMs > 0) await record.look(signal);
        if (record.isMissing && record.takeableInMs > 0) await record.mark(signal);
        if (record.takeableInMs > 0) await this.#follow(signal);
        if (record.takeableInMs <= 0 && !signal.aborted) {
          const held = await record.take();
          if (held !== undefined) return held;
        }
      } catch (error) {
        if (signal.aborted) break;
        this.#failed(error);
        await this.#pause(signal, error);
      }
    }
    return undefined;
  }

  /** Watches until the Lease may be taken, or the watch ends or is silent for longer than a leader's renewals are apart. */
  async #follow(signal: AbortSignal): Promise<void> {
    const silenceMs = this.#timing.renewIntervalMs * 1.2;
    const dueInMs = (): number => Math.min(this.#record.takeableInMs, silenceMs - this.#record.silentForMs);
    const over = new AbortController();
    const bounded = AbortSignal.any([signal, over.signal]);
    const timer = this.#whenZero(dueInMs, bounded).then(() => over.abort());
    try {
      for await (const _ of this.#record.watch(bounded)) {
        if (this.#record.takeableInMs <= 0) return;
      }
      await this.#pause(bounded); // the server ended the watch, or there is nothing to watch
    } catch (error) {
      if (!bounded.aborted) throw error;
    } finally {
      over.abort();
      await timer;
    }
  }

  async #lead(held: Held, signal: AbortSignal): Promise<void> {
    const term = new LeaderTerm({ ...held, clock: this.#clock });
    const onAbort = (): void => term.end(this.#lost('is given up: this replica stops'));
    if (signal.aborted) onAbort();
    if (!term.isValid) return; // the answer came too late to count on: ask again
    signal.addEventListener('abort', onAbort, { once: true });
    this.#term = term;
    const expiry = this.#whenZero(() => term.restMs, term.signal).then(() => this.#expire(term));
    this.#options.onStartedLeading?.(term);
    for (const resolve of this.#waiting) resolve(term);
    await this.#keep(term);
    await expiry;
    signal.removeEventListener('abort', onAbort);
    await this.#options.onStoppedLeading?.(term.signal.reason as LeaseLostError);
  }

  /** Renews until the term is over. */
  async #keep(term: LeaderTerm): Promise<void> {
    let waitMs = spread(this.#timing.renewIntervalMs, this.#random());
    for (;;) {
      await this.#sleep(waitMs, term.signal);
      if (!term.isValid) return this.#expire(term); // after a stop we are here before the timer of the expiry
      const sentMs = this.#clock.monotonic();
      try {
        const held = await this.#record.renew(term.signal);
        if (held === undefined) {
          return term.isValid ? term.end(this.#lost(`was taken by ${this.holder ?? 'nobody'}`)) : this.#expire(term);
        }
        term.extend(held.until);
        waitMs = spread(this.#timing.renewIntervalMs, this.#random()) - (this.#clock.monotonic() - sentMs);
      } catch (error) {
        if (term.signal.aborted) return;
        this.#failed(error);
        const retryMs = Math.max(this.#retryMs() / 2, this.#askedMs(error)); // there is little time left
        waitMs = retryMs - (this.#clock.monotonic() - sentMs);
      }
    }
  }

  #failed(error: unknown): void {
    this.#failure = { text: errorText(error), atMs: this.#clock.monotonic() };
    this.#options.onError?.(error);
  }

  #expire(term: LeaderTerm): void {
    term.end(this.#lost(`could not be renewed within ${this.#timing.renewDeadlineMs / 1000} s`));
  }

  #lost(what: string): LeaseLostError {
    return new LeaseLostError(`Lease ${this.#options.lease.key} ${what}`, {
      remedy: 'Nothing: the replica that holds the Lease acts, and this one when it holds it again.',
    });
  }

  #retryMs(): number {
    return this.#timing.retryMs * (1 + 0.2 * this.#random());
  }

  /** What a server that throttles asks for, as far as there is time for it: a Lease that is not renewed stops everything. */
  #askedMs(error: unknown): number {
    const askedMs = isApiError(error, 'API_TOO_MANY_REQUESTS') ? (error.retryAfterMs ?? 0) : 0;
    return Math.min(askedMs, this.#timing.renewDeadlineMs / 4);
  }

  /** After a failed attempt; not beyond the moment when the Lease may be taken. */
  #pause(signal: AbortSignal, error?: unknown): Promise<void> {
    const takeableInMs = this.#record.takeableInMs;
    const retryMs = Math.max(this.#retryMs(), this.#askedMs(error));
    return this.#sleep(takeableInMs > 0 ? Math.min(takeableInMs, retryMs) : retryMs, signal);
  }

  async #whenZero(restMs: () => number, signal: AbortSignal): Promise<void> {
    for (let ms = restMs(); ms > 0 && !signal.aborted; ms = restMs()) await this.#sleep(ms, signal);
  }

  /** Ends early, without an error, when the signal aborts. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(Math.max(ms, 0), signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

// The purge's Lease: whoever purges holds it, so that schedule, command line and a second replica never purge at the same time.
import { isApiError } from '../../kube/errors.ts';
import { LeaderElection } from '../../kube/leader-election.ts';
import { LeaseLostError } from '../../kube/leader-term.ts';
import type { LeaseStore } from '../../kube/lease.ts';
import type { LeaseTiming } from '../../kube/lease-timing.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';
import { type LeaseHolder, WatchedLease } from './watched-lease.ts';

/** What a lock is made with. */
export interface PurgeLockOptions extends Partial<LeaseTiming> {
  readonly lease: LeaseStore;
  /** For messages to those who cannot write there. */
  readonly namespace: string;
  /** Unlike that of any other, and for people: whoever is kept out reads it. */
  readonly identity: string;
  readonly clock?: Clock;
}

/** How it is waited for. */
export interface AcquireOptions {
  /** How long at most. */
  readonly withinMs: number;
  /** Whether a holder that is seen to be alive is waited for; else that ends the attempt at once. */
  readonly isPatient: boolean;
  /** Stops waiting, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each holder that is in the way; undefined: nobody is, but there was no Lease, and the one that was made has to be looked at first. */
  readonly onWaiting?: (holder: LeaseHolder | undefined) => void;
  /**
   * Called where the Lease's namespace does not exist: no operator lives there, and whoever purges goes on without a lock.
   * Absent: that is an error.
   */
  readonly onNowhere?: (error: PurgeError) => void;
}

/** A Lease, and as whom it is held. */
export interface HeldLease {
  /** `namespace/name`. */
  readonly key: string;
  readonly identity: string;
}

/** The lock, held. */
export interface HeldPurgeLock {
  /** Undefined where no operator lives, and nothing is held. */
  readonly lease: HeldLease | undefined;
  /** Aborts with a `LeaseLostError` when it is lost: what is in flight must end. */
  readonly signal: AbortSignal;
  /** Gives it up, to be called when nothing is in flight any more: the next takes it without waiting. */
  release(): Promise<void>;
}

/** One process' hand on the Lease. To be held once at a time. */
export class PurgeLock {
  readonly #options: PurgeLockOptions;
  #election: LeaderElection | undefined;
  #isNowhere = false;

  constructor(options: PurgeLockOptions) {
    this.#options = options;
  }

  /** Whether the Lease is held now. */
  get isHeld(): boolean {
    return this.#election?.isLeading ?? false;
  }

  /** To be called right before each act: reads the clock, so it is right also after a SIGSTOP. @throws LeaseLostError */
  assertHeld(): void {
    if (this.#isNowhere) return;
    if (this.#election === undefined) throw new LeaseLostError(`Lease ${this.#options.lease.key} is not held`);
    this.#election.assertLeading();
  }

  /**
   * Takes the Lease. A holder that is dead is waited for, one lease duration from when it was last seen to live.
   * @throws PurgeError `LOCK_HELD`, `LOCK_FORBIDDEN`, `LOCK_NAMESPACE_MISSING`; ApiError where the server was not reached in time
   */
  async acquire(options: AcquireOptions): Promise<HeldPurgeLock> {
    const { lease: store, clock = systemClock } = this.#options;
    const [over, stop, drained] = [new AbortController(), new AbortController(), Promise.withResolvers<void>()];
    let error: unknown;
    const lease = new WatchedLease(store, {
      identity: this.#options.identity,
      onWaiting: (holder) => options.onWaiting?.(holder),
      onAlive: (holder) => {
        if (!options.isPatient) over.abort(heldBy(store.key, holder));
      },
    });
    const election = new LeaderElection({
      ...this.#options,
      lease,
      onStoppedLeading: () => drained.promise,
      onError: (cause) => {
        error = cause;
        const fatal = refusal(cause, this.#options);
        if (fatal !== undefined) over.abort(fatal);
      },
    });
    const running = election.run(stop.signal);
    const timer = clock
      .sleep(options.withinMs, over.signal)
      .then(() => over.abort(error ?? heldBy(store.key, lease.holder)))
      .catch(() => undefined); // over before
    const release = async (): Promise<void> => {
      drained.resolve();
      stop.abort();
      await running;
      if (this.#election === election) this.#election = undefined;
    };
    try {
      const waiting = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
      const { signal } = await election.waitUntilLeading(waiting);
      this.#election = election;
      return { lease: { key: store.key, identity: this.#options.identity }, signal, release };
    } catch (cause) {
      await release();
      const isNowhere = cause instanceof PurgeError && cause.code === 'LOCK_NAMESPACE_MISSING';
      if (!isNowhere || options.onNowhere === undefined) throw cause;
      options.onNowhere(cause);
      return this.#withoutLease();
    } finally {
      over.abort();
      await timer;
    }
  }

  #withoutLease(): HeldPurgeLock {
    this.#isNowhere = true;
    const release = (): Promise<void> => {
      this.#isNowhere = false;
      return Promise.resolve();
    };
    return { lease: undefined, signal: new AbortController().signal, release };
  }
}

function heldBy(key: string, holder: LeaseHolder | undefined): PurgeError {
  const who = holder === undefined ? 'somebody else' : `${holder.identity} since ${holder.since}`;
  return new PurgeError('LOCK_HELD', `another purge is at work: Lease ${key} is held by ${who}`, {
    remedy: 'Nothing was deleted. Wait for its end; of a holder that is dead the Lease is free after 15 s.',
  });
}

/** What no repetition helps against. */
function refusal(cause: unknown, { lease, namespace }: PurgeLockOptions): PurgeError | undefined {
  if (!isApiError(cause, 'API_FORBIDDEN', 'API_UNAUTHORIZED', 'API_NOT_FOUND')) return undefined;
  const message = `a purge needs Lease ${lease.key}, so that no two purge at the same time: ${errorText(cause)}`;
  if (cause.code === 'API_NOT_FOUND') {
    const remedy = `Make it with: kubectl create namespace ${namespace} (or name the operator's with --operator-namespace). Nothing was deleted.`;
    return new PurgeError('LOCK_NAMESPACE_MISSING', message, { cause, isTerminal: true, remedy });
  }
  const remedy = `Grant get, watch, create and patch on leases.coordination.k8s.io in namespace ${namespace}; docs/purge.md has the Role. Nothing was deleted.`;
  return new PurgeError('LOCK_FORBIDDEN', message, { cause, isTerminal: true, remedy });
}

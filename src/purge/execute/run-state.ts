// The state of one run: what waits, what has ended and how, and why nothing more is started.

import type { PlanEntry } from '../plan/plan.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { type Outcome, type ReleaseOutcome, type StopCause, stopReasons } from '../record/report.ts';
import { FairQueue } from './fair-queue.ts';

/** A release that was not reached. */
export type NotStarted = Extract<Outcome, { readonly result: 'not-started' }>;

/** What a run is made with. */
export interface RunStateOptions {
  readonly settings: Pick<PurgeSettings, 'perNamespace' | 'limits'>;
  /** Each release as it ends. */
  readonly onOutcome?: ((outcome: ReleaseOutcome) => void) | undefined;
}

/** Never more than one for a plan. */
export class RunState {
  readonly queue: FairQueue<PlanEntry>;
  readonly outcomes: ReleaseOutcome[] = [];
  stoppedBy: StopCause | undefined;
  readonly #stopping = new AbortController();
  readonly #options: RunStateOptions;
  readonly #namespaces: ReadonlySet<string>;
  /** Failures since something was purged in the namespace. */
  readonly #inARow = new Map<string, number>();
  /** Namespaces where something failed since anything was purged anywhere. */
  readonly #failing = new Set<string>();
  /** Namespaces of which nothing more is started. */
  readonly #dropped = new Set<string>();

  constructor(entries: readonly PlanEntry[], options: RunStateOptions) {
    this.#options = options;
    this.#namespaces = new Set(entries.map(({ namespace }) => namespace));
    this.queue = new FairQueue(entries, { perNamespace: options.settings.perNamespace });
  }

  /** Aborts when nothing more is to be started. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Starts nothing more; what is in flight goes on. The first cause stays. */
  stop(cause: StopCause): void {
    this.stoppedBy ??= cause;
    this.queue.close();
    this.#stopping.abort();
  }

  /** The outcome of what was not reached. */
  notStarted({ namespace }: PlanEntry): NotStarted {
    const reason = this.#dropped.has(namespace)
      ? `too many releases of namespace ${namespace} failed one after another (maxConsecutiveFailures)`
      : stopReasons[this.stoppedBy ?? 'interrupted'];
    return { result: 'not-started', reason };
  }

  /** Notes how a release ended. What was skipped says nothing about whether releases can be purged. */
  settle(entry: PlanEntry, outcome: Outcome): void {
    const { namespace, name, revision, chart, leaves } = entry;
    const settled = {
      namespace,
      name,
      revision,
      ...(chart === undefined ? {} : { chart }),
      ...(leaves === undefined ? {} : { leaves }),
      ...outcome,
    };
    this.outcomes.push(settled);
    if (outcome.result === 'purged') this.#onPurged(namespace);
    if (outcome.result === 'failed') this.#onFailed(namespace);
    this.#options.onOutcome?.(settled);
  }

  #onPurged(namespace: string): void {
    this.#inARow.delete(namespace);
    this.#failing.clear();
  }

  /**
   * Failures one after another, in the order in which they end. In one namespace they end that namespace alone, however many
   * they are: nobody can stop the run for all. They stop the run in as many namespaces, or where every namespace has ended so.
   */
  #onFailed(namespace: string): void {
    if (this.stoppedBy !== undefined) return; // the first cause stays
    const { maxConsecutiveFailures } = this.#options.settings.limits;
    const inARow = (this.#inARow.get(namespace) ?? 0) + 1;
    this.#inARow.set(namespace, inARow);
    this.#failing.add(namespace);
    if (inARow >= maxConsecutiveFailures) {
      this.#dropped.add(namespace);
      this.queue.drop(namespace);
    }
    const isEverywhere = this.#dropped.size === this.#namespaces.size;
    if (isEverywhere || this.#failing.size >= maxConsecutiveFailures) this.stop('failures');
  }
}

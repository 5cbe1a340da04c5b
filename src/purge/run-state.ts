// The state of one run: what waits, what has ended and how, and why nothing more is started.
import { FairQueue } from './fair-queue.ts';
import type { PlanEntry } from './plan.ts';
import { type Outcome, type ReleaseOutcome, type StopCause, stopReasons } from './report.ts';
import type { PurgeSettings } from './settings.ts';

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
  #failuresInARow = 0;

  constructor(entries: readonly PlanEntry[], options: RunStateOptions) {
    this.#options = options;
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
  notStarted(): NotStarted {
    return { result: 'not-started', reason: stopReasons[this.stoppedBy ?? 'interrupted'] };
  }

  /**
   * Notes how a release ended. Failures one after another, in the order in which they end, stop the run; what was skipped
   * says nothing about whether releases can be purged.
   */
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
    if (outcome.result === 'purged') this.#failuresInARow = 0;
    if (outcome.result === 'failed') this.#failuresInARow += 1;
    if (this.#failuresInARow >= this.#options.settings.limits.maxConsecutiveFailures) this.stop('failures');
    this.#options.onOutcome?.(settled);
  }
}

// The workers: take a key, reconcile it, decide what becomes of the key. Knows nothing of what is reconciled.
import { CodedError } from '../lib/coded-error.ts';
import type { Reconcile, ReconcileResult } from './reconciler.ts';
import type { WorkQueue } from './work-queue.ts';

/** How one reconcile ended: controller-runtime's four outcomes, and given up because it was told to. */
export type ReconcileOutcome = 'success' | 'requeueAfter' | 'error' | 'terminalError' | 'cancelled';

/** What is told about each reconcile. */
export interface ReconcileObservation {
  readonly key: string;
  readonly outcome: ReconcileOutcome;
  readonly durationMs: number;
  /** Set for the outcomes `error`, `terminalError` and `cancelled`. */
  readonly error?: unknown;
  /** Failures in a row, this one included; a terminal error counts by itself, and what was cancelled is none. */
  readonly failures: number;
}

/** Options of {@link Controller}. */
export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** Keys worked on at once. */
  readonly workers: number;
  readonly observe?: (observation: ReconcileObservation) => void;
}

/** Runs workers over a queue. */
export class Controller {
  readonly #options: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /**
   * Works until `stop` aborts, then lets what is in flight finish (drain) and returns. `cancel` is handed to the
   * reconciles: aborting it asks them to give up, and what they throw then is no failure.
   */
  async run(signals: { readonly stop: AbortSignal; readonly cancel: AbortSignal }): Promise<void> {
    const { queue, workers } = this.#options;
    const onStop = (): void => queue.shutDown();
    if (signals.stop.aborted) onStop();
    else signals.stop.addEventListener('abort', onStop, { once: true });
    await Promise.all(Array.from({ length: workers }, () => this.#work(signals.cancel)));
    signals.stop.removeEventListener('abort', onStop);
  }

  async #work(cancel: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      try {
        await this.#reconcile(key, cancel);
      } finally {
        queue.done(key);
      }
    }
  }

  async #reconcile(key: string, cancel: AbortSignal): Promise<void> {
    const { queue, reconcile, observe } = this.#options;
    const startedMs = performance.now();
    const tell = (ended: Pick<ReconcileObservation, 'outcome' | 'failures' | 'error'>): void =>
      observe?.({ key, durationMs: performance.now() - startedMs, ...ended });
    let result: ReconcileResult;
    try {
      result = await reconcile(key, cancel);
    } catch (error) {
      if (cancel.aborted) {
        // whatever it threw came of that; who works on the key next begins anew
        tell({ outcome: 'cancelled', failures: 0, error });
      } else if (error instanceof CodedError && error.isTerminal) {
        queue.forget(key);
        tell({ outcome: 'terminalError', failures: 1, error });
      } else {
        queue.addRateLimited(key);
        tell({ outcome: 'error', failures: queue.failures(key), error });
      }
      return;
    }
    queue.forget(key);
    if (result.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
    tell({ outcome: result.requeueAfterMs === undefined ? 'success' : 'requeueAfter', failures: 0 });
  }
}

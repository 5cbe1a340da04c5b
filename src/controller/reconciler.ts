// The contract between the machine and those who use it; modelled on controller-runtime's Reconciler.

/** What a reconcile wants next. */
export interface ReconcileResult {
  /** Look again after this many milliseconds even if nothing happens. Absent: only when something happens. */
  readonly requeueAfterMs?: number;
}

/**
 * Brings the world closer to what the object behind `key` asks for.
 *
 * The key is all that is handed over: never an event, never an object. The reconciler reads the present state itself, so
 * that many events become one pass, a repeated call does nothing, and a lost event is made good by the next.
 * Never called twice at once for one key.
 *
 * - returns `{}`: done, until something changes.
 * - returns `{requeueAfterMs}`: done, look again then.
 * - throws: tried again with exponential backoff; an error whose `isTerminal` is true is logged and not tried again.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

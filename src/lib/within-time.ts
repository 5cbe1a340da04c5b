// Waiting for a promise no longer than is good.

/** How long is good. */
export interface WithinTimeOptions {
  /** Default: any time. */
  readonly timeoutMs?: number;
  /** Makes the error for when the time is over. Default: one that says so. */
  readonly onTimeout?: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Settles as the promise does, or rejects at once when the time is over or the signal aborts (with its reason). The promise
 * goes on alone, and its late end is nobody's.
 */
export function withinTime<T>(promise: Promise<T>, options: WithinTimeOptions): Promise<T> {
  const { timeoutMs, signal, onTimeout = () => new Error(`not done within ${timeoutMs} ms`) } = options;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(signal?.reason as Error));
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(() => reject(onTimeout())), timeoutMs);
    function settle(end: () => void): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      end();
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: Error) => settle(() => reject(error)),
    );
  });
}

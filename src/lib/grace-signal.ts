// A signal that comes some time after another: what is still to be found out when all is told to stop gets that long.

/** Dispose it when what it bounds is done. */
export interface GraceSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts `graceMs` after `signal` does, with the same reason; never where there is none. */
export function graceSignal(signal: AbortSignal | undefined, graceMs: number): GraceSignal {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => late.abort(signal?.reason), graceMs);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  return {
    signal: late.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

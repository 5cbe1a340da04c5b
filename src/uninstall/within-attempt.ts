// The time of one attempt at a release: what it may take, and how its end is told.
import { maxTimerMs } from '../lib/clock.ts';
import { UninstallError } from './errors.ts';
import type { UninstallRequest } from './uninstaller.ts';

/** What is done, and what is said where there was no time for it. */
export interface Attempt<T> {
  readonly act: (signal: AbortSignal) => Promise<T>;
  /** A clause: `its objects were not read`. */
  readonly what: string;
}

/** Ends `act` when the time of the request is up, or by its signal. @throws UninstallError `UNINSTALL_TIMEOUT` */
export async function withinAttempt<T>(
  { namespace, name, timeoutMs, signal }: UninstallRequest,
  { act, what }: Attempt<T>,
): Promise<T> {
  const timeUp = AbortSignal.timeout(Math.min(Math.ceil(timeoutMs), maxTimerMs));
  try {
    return await act(signal === undefined ? timeUp : AbortSignal.any([signal, timeUp]));
  } catch (error) {
    if (!timeUp.aborted || signal?.aborted === true) throw error;
    const message = `cannot uninstall ${namespace}/${name}: ${what} within ${timeoutMs / 1000} s`;
    throw new UninstallError('UNINSTALL_TIMEOUT', message, { cause: error, remedy: 'Give it more time (timeout).' });
  }
}

// Waits until something of the cluster is ready, and notices at once when what it waits for has died.
import { setTimeout as delay } from 'node:timers/promises';
import { LocalClusterError } from './local-error.ts';

/** One wait. */
export interface Wait {
  /** What is waited for, for messages: `the API server's /readyz`. */
  readonly what: string;
  /** Resolves to true when it is there; a rejection means not yet. */
  readonly check: () => Promise<boolean>;
  /** Where logs may say why it does not come. */
  readonly logDir: string;
  /** Rejects when waiting is in vain. */
  readonly assertAlive: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Default two minutes: a cold start on a busy machine. */
  readonly timeoutMs?: number;
}

const pollMs = 100;

/** @throws LocalClusterError `LOCAL_NOT_READY` with the last failure as cause; what `assertAlive` throws */
export async function waitUntilReady(wait: Wait): Promise<void> {
  const timeoutMs = wait.timeoutMs ?? 120_000;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  while (true) {
    wait.signal.throwIfAborted();
    await wait.assertAlive();
    try {
      if (await wait.check()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new LocalClusterError('LOCAL_NOT_READY', `waited ${timeoutMs / 1000} s in vain for ${wait.what}`, {
        cause,
        remedy: `The machine may be too busy: try again; the logs are in ${wait.logDir}.`,
      });
    }
    await delay(pollMs);
  }
}

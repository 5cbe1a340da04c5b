// Starts and stops the processes of a cluster: they outlive the command that starts them, and only they are ever ended.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** One start. */
export interface DetachedStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Receives stdout and stderr; emptied first. */
  readonly logFile: string;
}

/** Starts a process in a session of its own. Undefined where it was gone before it could be identified: see its log. */
export async function startDetached(start: DetachedStart): Promise<ProcessIdentity | undefined> {
  const log = openSync(start.logFile, 'w', 0o600);
  try {
    const child = spawn(start.file, start.args, {
      cwd: start.cwd,
      env: start.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child.pid === undefined ? undefined : await identify(child.pid);
  } finally {
    closeSync(log);
  }
}

const pollMs = 20;

/**
 * Ends a process: TERM, then KILL after `graceMs`. A process that is not the one identified is left alone.
 * @returns false where it still runs two seconds after KILL
 */
export async function stopProcess(identity: ProcessIdentity, options: { readonly graceMs: number }): Promise<boolean> {
  if (await isGoneAfter(identity, { signal: 'SIGTERM', waitMs: options.graceMs })) return true;
  return isGoneAfter(identity, { signal: 'SIGKILL', waitMs: 2_000 });
}

async function isGoneAfter(identity: ProcessIdentity, how: { signal: NodeJS.Signals; waitMs: number }) {
  if (!(await isRunning(identity))) return true;
  try {
    process.kill(identity.pid, how.signal);
  } catch {
    // it ended by itself in this very moment, or is not ours to end: the polling tells
  }
  const deadline = performance.now() + how.waitMs;
  while (await isRunning(identity)) {
    if (performance.now() > deadline) return false;
    await delay(pollMs);
  }
  return true;
}

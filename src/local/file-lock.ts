// One process of this machine at a time: a file that names its holder, taken over once the holder is gone.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** How to wait for the lock. */
export interface FileLockOptions {
  readonly signal: AbortSignal;
  /** Called once when somebody else holds the lock. */
  readonly onWait: (holderPid: number) => void;
}

const pollMs = 200;

/** Runs `work` under the lock `path`; waits as long as a living process holds it. Not re-entrant. */
export async function withFileLock<Result>(
  path: string,
  work: () => Promise<Result>,
  options: FileLockOptions,
): Promise<Result> {
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(path: string, options: FileLockOptions): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const me = await identify(process.pid);
  const content = JSON.stringify({ pid: process.pid, startedAt: me?.startedAt ?? '', token: randomUUID() });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  try {
    let hasWaited = false;
    // link() is atomic and brings the content with it: a lock without a holder is never seen.
    while (!(await link(draft, path).then(() => true, isNotThere))) {
      options.signal.throwIfAborted();
      const found = await readFile(path, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder === undefined || !(await isRunning(holder))) {
        await removeStale(path, found);
        continue;
      }
      if (!hasWaited) options.onWait(holder.pid);
      hasWaited = true;
      await delay(pollMs, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
    }
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(path, { force: true });
}

function isNotThere(error: unknown): false {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
  throw error;
}

function parseHolder(content: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt }: { pid?: unknown; startedAt?: unknown } = JSON.parse(content);
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}

/** Moved aside before it is removed: should another process have taken the lock over meanwhile, its lock is put back. */
async function removeStale(path: string, content: string): Promise<void> {
  const grave = `${path}.${randomUUID()}`;
  try {
    await rename(path, grave);
  } catch {
    return;
  }
  if ((await readFile(grave, 'utf8')) !== content) await link(grave, path).catch(() => undefined);
  await rm(grave, { force: true });
}

// One set-up at a time in this clone: a directory as lock, which its holder touches, so that a dead holder is noticed.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const touchEveryMs = 2_000;
const staleAfterMs = 20_000;

/** Runs `work` while no other process of this machine does; waits for its turn and says so once. */
export async function withLock(lockDir, { say, work }) {
  await mkdir(dirname(lockDir), { recursive: true });
  let hasSaid = false;
  while (!(await tryLock(lockDir))) {
    if (await breakStaleLock(lockDir)) continue;
    if (!hasSaid) say('another set-up of this clone is running; waiting for it');
    hasSaid = true;
    await sleep(300);
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(lockDir, now, now).catch(() => {});
  }, touchEveryMs);
  // process.exit in a signal handler skips `finally`; a lock left so is stale at once, because its holder is gone.
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await rm(lockDir, { recursive: true, force: true });
  }
}

async function tryLock(lockDir) {
  try {
    await mkdir(lockDir);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(lockDir, 'holder'), `${process.pid}`);
  return true;
}

/** True where the lock was dead and is gone now. */
async function breakStaleLock(lockDir) {
  const before = await stat(lockDir).catch(() => undefined);
  if (before === undefined) return true;
  const holder = Number(await readFile(join(lockDir, 'holder'), 'utf8').catch(() => ''));
  const ageMs = Date.now() - before.mtimeMs;
  const isDead = ageMs > staleAfterMs || (holder > 0 && !isRunning(holder));
  if (!isDead) return false;
  // Renamed first: of several that find it dead, one gets it. Another process may have locked afresh in between: inode
  // and time tell, and its lock is put back.
  const grave = `${lockDir}.${randomUUID()}`;
  try {
    await rename(lockDir, grave);
  } catch {
    return true;
  }
  const taken = await stat(grave);
  if (taken.ino !== before.ino || taken.mtimeMs !== before.mtimeMs) {
    await rename(grave, lockDir).catch(() => {});
    return false;
  }
  await rm(grave, { recursive: true, force: true });
  return true;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ownHolder } from '../../../../src/helm/holder.ts';
import { startTicksOf } from '../../../../src/lib/proc-stat.ts';
import { isProvedDead, leaseOf, lockNote } from '../../../../src/purge/record/run-hold.ts';

const lease = { key: 'ops/bookstore-operator-purge', identity: 'alice@laptop_1f' };
const lock = lockNote(lease);
const own = ownHolder();
/** Another process of this machine that lives, and one that has ended. */
const parent = processNote(process.ppid);
const [, , space, host] = own.split('.');
const ended = `${spawnSync('true').pid}.1.${space}.${host}`;
const elsewhere = '1.100.aaaaaaaaaaaa.bbbbbbbbbbbb';

/** What another process would note of itself. */
function processNote(pid: number): string {
  const ticks = startTicksOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return [pid, ticks, ...own.split('.').slice(2)].join('.');
}

it('a Lease is read back as it was noted, and what is no note is none', () => {
  expect(leaseOf({ lock })).toEqual(lease);
  for (const wrong of ['', 'ops', 'ops/x', 'a/b/c d', '../x y']) expect(leaseOf({ lock: wrong })).toBeUndefined();
  expect(leaseOf({})).toBeUndefined();
});

it.each<[string, object, boolean | undefined, boolean]>([
  ['its Lease is another’s, and its process ran elsewhere', { lock, process: elsewhere }, false, true],
  ['its Lease is another’s, and nothing is known of a process', { lock }, false, true],
  ['its Lease may be its own', { lock, process: elsewhere }, true, false],
  ['nothing is known of its Lease', { lock, process: elsewhere }, undefined, false],
  ['its process has ended on this machine', { process: ended }, undefined, true],
  ['its process has ended, though its Lease is still in its name', { lock, process: ended }, true, true],
  ['its process lives, though its Lease is another’s', { lock, process: parent }, false, false],
  ['this very process had begun it, under a Lease that it takes anew', { lock, process: own }, false, true],
  ['nothing is noted', {}, false, false],
])('where %s', (_what, hold, stillHolds, isDead) => {
  const asked: unknown[] = [];
  const answer = isProvedDead(hold, (one) => {
    asked.push(one);
    return stillHolds;
  });
  expect(answer).toBe(isDead);
  for (const one of asked) expect(one).toEqual(lease);
});

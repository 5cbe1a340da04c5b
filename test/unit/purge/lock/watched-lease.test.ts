import { expect, it } from 'vitest';
import type { Lease, LeaseSpec, LeaseStore } from '../../../../src/kube/lease.ts';
import { WatchedLease } from '../../../../src/purge/lock/watched-lease.ts';

const lease = (spec: LeaseSpec): Lease => ({
  metadata: { name: 'lock', namespace: 'a', uid: '1', resourceVersion: '1' },
  spec,
});
const held = (holderIdentity: string, renewTime: string): Lease =>
  lease({ holderIdentity, acquireTime: '2026-11-20T19:00:00.000000Z', renewTime });

/** What is told of these readings, one after another. */
async function told(readings: readonly (Lease | undefined)[]): Promise<readonly string[]> {
  const left = [...readings];
  const inner: Pick<LeaseStore, 'key' | 'read'> = { key: 'a/lock', read: () => Promise.resolve(left.shift()) };
  const lines: string[] = [];
  const watched = new WatchedLease(inner as LeaseStore, {
    identity: 'me',
    onWaiting: (holder) => lines.push(`waiting for ${holder?.identity ?? 'nobody'}`),
    onAlive: ({ identity }) => lines.push(`${identity} lives`),
  });
  for (const expected of readings) {
    expect(await watched.read(new AbortController().signal)).toBe(expected);
  }
  return lines;
}

it.each<[string, readonly (Lease | undefined)[], readonly string[]]>([
  ['a Lease that is free', [lease({})], []],
  ['none: whether there is a place for one is not known yet', [undefined, undefined], []],
  ['our own', [held('me', '1'), held('me', '2')], []],
  ['a holder that is silent', [held('she', '1'), held('she', '1')], ['waiting for she']],
  ['a holder that renews', [held('she', '1'), held('she', '2')], ['waiting for she', 'she lives']],
  ['one holder after another', [held('she', '1'), held('he', '2')], ['waiting for she', 'waiting for he', 'he lives']],
  ['a holder that was faster than we', [lease({}), held('he', '2')], ['waiting for he']],
  ['a name with what a terminal would obey', [held('a\u001b[2J', '1')], ['waiting for a [2J']],
])('tells of %s', async (_name, readings, expected) => {
  expect(await told(readings)).toEqual(expected);
});

it.each<[string, LeaseSpec, readonly string[]]>([
  ['that there was none, once one that nobody holds is made', {}, ['waiting for nobody']],
  ['nothing, where our own was made anew', { holderIdentity: 'me' }, []],
])('tells %s', async (_name, spec, expected) => {
  const lines: string[] = [];
  const inner: Pick<LeaseStore, 'key' | 'create'> = { key: 'a/lock', create: (made) => Promise.resolve(lease(made)) };
  const watched = new WatchedLease(inner as LeaseStore, {
    identity: 'me',
    onWaiting: (holder) => lines.push(`waiting for ${holder?.identity ?? 'nobody'}`),
    onAlive: () => undefined,
  });
  await watched.create(spec, new AbortController().signal);
  expect(lines).toEqual(expected);
});

it('says since when it is held', async () => {
  const inner: Pick<LeaseStore, 'key' | 'read'> = { key: 'a/lock', read: () => Promise.resolve(held('she', '1')) };
  const nothing = (): void => undefined;
  const watched = new WatchedLease(inner as LeaseStore, { identity: 'me', onWaiting: nothing, onAlive: nothing });
  await watched.read(new AbortController().signal);
  expect(watched.holder).toEqual({ identity: 'she', since: '2026-11-20T19:00:00.000000Z' });
});

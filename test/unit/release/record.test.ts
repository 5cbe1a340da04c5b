import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../../../src/kube/objects.ts';
import {
  isRecord,
  lastTouchedMs,
  parseRecord,
  recordSecretName,
  releaseStatuses,
} from '../../../src/release/record.ts';

interface Change {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string | undefined>>;
}

function record(change: Change = {}) {
  const labels = {
    name: 'shop',
    owner: 'helm',
    status: 'deployed',
    version: '2',
    createdAt: '1700000000',
    ...change.labels,
  };
  const meta: ObjectMeta = {
    namespace: 'team-a',
    name: change.name ?? 'sh.helm.release.v1.shop.v2',
    uid: 'u1',
    resourceVersion: '7',
    labels: Object.fromEntries(
      Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
  return parseRecord(meta);
}

describe('parseRecord', () => {
  it('reads what Helm wrote', () => {
    expect(record({ labels: { modifiedAt: '1700000060', team: 'a' } })).toEqual({
      namespace: 'team-a',
      name: 'shop',
      revision: 2,
      status: 'deployed',
      secretName: 'sh.helm.release.v1.shop.v2',
      uid: 'u1',
      resourceVersion: '7',
      labels: expect.objectContaining({ team: 'a' }),
      annotations: {},
      createdAtMs: 1_700_000_000_000,
      modifiedAtMs: 1_700_000_060_000,
    });
  });

  it.each(releaseStatuses.map((status) => [status]))('knows the status %s', (status) => {
    expect(record({ labels: { status } })).toMatchObject({ status });
  });

  it.each<[string, Change, string]>([
    ['no owner', { labels: { owner: undefined } }, 'has no label owner=helm'],
    ['another owner', { labels: { owner: 'tiller' } }, 'has no label owner=helm'],
    ['no name', { labels: { name: undefined } }, 'has no label name'],
    ['an empty name', { labels: { name: '' } }, 'has no label name'],
    ['no version', { labels: { version: undefined } }, 'label version'],
    ['an empty version', { labels: { version: '' } }, 'label version'],
    ['a version of words', { labels: { version: 'two' } }, 'label version'],
    ['a version that only a number parser reads', { labels: { version: '2e0' } }, 'label version'],
    ['a version with a zero in front', { labels: { version: '02' } }, 'label version'],
    ['a version in hexadecimal', { labels: { version: '0x2' } }, 'label version'],
    ['a version with a fraction', { labels: { version: '2.0' } }, 'label version'],
    ['the version 0', { name: 'sh.helm.release.v1.shop.v0', labels: { version: '0' } }, 'label version'],
    ['a version below 0', { name: 'sh.helm.release.v1.shop.v-1', labels: { version: '-1' } }, 'label version'],
    ['a version beyond all numbers', { labels: { version: '9'.repeat(20) } }, 'label version'],
    ['no status', { labels: { status: undefined } }, 'label status'],
    ['a status that is none of Helm', { labels: { status: 'Deployed' } }, 'label status'],
    ['a Secret named for another release', { name: 'sh.helm.release.v1.bank.v2' }, 'is named'],
    ['a Secret named for another revision', { name: 'sh.helm.release.v1.shop.v3' }, 'is named'],
    ['a Secret with a name of its own', { name: 'mine' }, 'is named'],
    ['a Secret with more at the end of its name', { name: 'sh.helm.release.v1.shop.v2.bak' }, 'is named'],
  ])('rejects %s', (_name, change, reason) => {
    const parsed = record(change);
    expect(isRecord(parsed)).toBe(false);
    expect(parsed).toEqual({
      namespace: 'team-a',
      secretName: change.name ?? 'sh.helm.release.v1.shop.v2',
      reason: expect.stringContaining(reason),
    });
  });

  it.each([
    ['is missing', undefined],
    ['is no number', 'yesterday'],
    ['is no number of this age', '1'.repeat(20)],
  ])('does not know when a record was made whose label %s', (_name, createdAt) => {
    expect(record({ labels: { createdAt } })).toMatchObject({ createdAtMs: undefined });
  });

  it('accepts the name that Helm gives to any revision', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?$/),
        fc.integer({ min: 1, max: 10 ** 14 }),
        (name, revision) => {
          const parsed = record({
            name: recordSecretName(name, revision),
            labels: { name, version: String(revision) },
          });
          expect(parsed).toMatchObject({ name, revision });
        },
      ),
    );
  });
});

describe('lastTouchedMs', () => {
  it.each([
    ['1', '2', 2_000],
    ['2', '1', 2_000],
    ['2', undefined, 2_000],
    [undefined, '1', 1_000],
    [undefined, undefined, undefined],
  ])('of a record made at %s and changed at %s is %s', (createdAt, modifiedAt, expected) => {
    const parsed = record({ labels: { createdAt, modifiedAt } });
    expect(isRecord(parsed) && lastTouchedMs(parsed)).toBe(expected);
  });
});

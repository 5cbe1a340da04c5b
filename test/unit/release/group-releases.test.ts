import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../../../src/kube/objects.ts';
import { groupReleases } from '../../../src/release/group-releases.ts';

interface RecordOverrides extends Omit<Partial<ObjectMeta>, 'labels'> {
  readonly labels?: Readonly<Record<string, string | undefined>>;
}

function record(name: string, revision: number, overrides: RecordOverrides = {}): ObjectMeta {
  const { labels, ...rest } = overrides;
  const merged = { owner: 'helm', name, version: String(revision), status: 'deployed', ...labels };
  return {
    name: `sh.helm.release.v1.${name}.v${revision}`,
    namespace: 'team-a',
    uid: `uid-${name}-${revision}`,
    resourceVersion: `${revision}`,
    ...rest,
    labels: Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => !!entry[1])),
  };
}

describe('groupReleases', () => {
  it('takes the highest revision by number, not by text, whatever the order', () => {
    const metas = [record('shop', 9, { labels: { status: 'superseded' } }), record('shop', 10), record('api', 1)];
    for (const order of [metas, metas.toReversed()]) {
      const { releases } = groupReleases(order);
      expect(releases.map(({ name, latest, revisions }) => [name, latest.revision, revisions])).toEqual([
        ['api', 1, 1],
        ['shop', 10, 2],
      ]);
    }
  });

  it('collects the annotations of every stored record, newest first', () => {
    const { releases } = groupReleases([
      record('shop', 1, { annotations: { a: 'old' } }),
      record('shop', 2),
      record('shop', 3, { annotations: { a: 'new' } }),
    ]);
    expect(releases[0]?.annotated).toEqual([{ annotations: { a: 'new' } }, { annotations: { a: 'old' } }]);
  });

  it('finds the owner on any stored record', () => {
    const owned = record('shop', 1, { labels: { 'helm.velotio.com/owner': 'BookStore.velotio.com' } });
    const { releases } = groupReleases([record('shop', 2), owned, record('api', 1)]);
    expect(releases.map(({ name, owner }) => [name, owner])).toEqual([
      ['api', undefined],
      ['shop', 'BookStore.velotio.com'],
    ]);
  });

  it('changes the digest when any record is added, removed, replaced or changed, and only then', () => {
    const base = [record('shop', 1), record('shop', 2)];
    const digest = (metas: readonly ObjectMeta[]): string | undefined =>
      groupReleases(metas).releases[0]?.recordsDigest;
    expect(digest(base.toReversed())).toBe(digest(base));
    const changed = [
      [...base, record('shop', 3)],
      base.slice(1),
      [record('shop', 1, { uid: 'another' }), record('shop', 2)],
      [record('shop', 1, { resourceVersion: '77' }), record('shop', 2)],
    ];
    for (const metas of changed) expect(digest(metas)).not.toBe(digest(base));
  });

  it.each([
    ['a label that names another release', record('shop', 1, { labels: { name: 'api' } }), ['api', 'shop']],
    ['no name label', record('shop', 1, { labels: { name: undefined } }), ['shop']],
    ['a name that is none of Helm', record('shop', 1, { name: 'forged' }), ['shop']],
    ['a revision that is no number', record('shop', 1, { labels: { version: 'x' } }), ['shop']],
  ])('rejects %s and says which releases it casts doubt on', (_name, meta, claimed) => {
    const { releases, rejected } = groupReleases([meta]);
    expect(releases).toEqual([]);
    expect(rejected).toEqual([
      expect.objectContaining({ namespace: 'team-a', secretName: meta.name, claimedNames: claimed }),
    ]);
  });
});

import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { groupReleases } from '../../../src/release/group-releases.ts';
import { KnownReleases } from '../../../src/uninstall/known-releases.ts';
import type { ReadRecords } from '../../../src/uninstall/read-records.ts';
import { RecordReader } from '../../../src/uninstall/record-reader.ts';
import { recordMetas } from '../../support/stored-release.ts';

/** What is read of a release whose record's data has about this length. */
async function read(name: string, bytes = 0): Promise<ReadRecords> {
  const metas = recordMetas({ name, revision: 1 });
  const reader = new RecordReader();
  const content = { name, namespace: 'team-a', version: 1, info: { status: 'deployed' }, manifest: '' };
  const json = gzipSync(JSON.stringify(content));
  const release = `${Buffer.from(json.toString('base64')).toString('base64')}${' '.repeat(bytes)}`;
  for (const metadata of metas) await reader.read({ metadata, type: 'helm.sh/release.v1', data: { release } });
  return { listing: groupReleases(metas), reader, metas, metaBytes: 0 };
}

const digestOf = ({ listing }: ReadRecords) => listing.releases[0]?.recordsDigest;
const key = (name: string) => ({ namespace: 'team-a', name });

it('gives what was read once, and only of the records that are asked for', async () => {
  const known = new KnownReleases();
  const shop = await read('shop');
  const recordsDigest = digestOf(shop);
  known.remember(key('shop'), shop);
  expect(known.take({ ...key('shop'), namespace: 'team-b', recordsDigest })).toBeUndefined();
  expect(known.take({ ...key('shop'), recordsDigest })).toBe(shop);
  expect(known.take({ ...key('shop'), recordsDigest })).toBeUndefined();
  known.remember(key('shop'), shop);
  expect(known.take({ ...key('shop'), recordsDigest: 'sha256:other' })).toBeUndefined();
  expect(known.take({ ...key('shop'), recordsDigest })).toBeUndefined(); // of what is outdated nothing is kept
});

it('keeps no more than there is room for, and has room again', async () => {
  const known = new KnownReleases();
  const large = await Promise.all(['a', 'b', 'c'].map((name) => read(name, 40 * 1024 * 1024)));
  for (const [index, one] of large.entries()) known.remember(key('abc'[index] ?? ''), one);
  const [a, b, c] = large.map(digestOf);
  expect(known.take({ ...key('c'), recordsDigest: c })).toBeUndefined();
  expect(known.take({ ...key('a'), recordsDigest: a })).toBe(large[0]);
  known.remember(key('c'), large[2] as ReadRecords);
  expect(known.take({ ...key('c'), recordsDigest: c })).toBe(large[2]);
  expect(known.take({ ...key('b'), recordsDigest: b })).toBe(large[1]);
});

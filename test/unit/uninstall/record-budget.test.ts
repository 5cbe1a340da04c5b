// How much of a release is read: whoever writes Secrets decides how many records there are.
import { expect, it } from 'vitest';
import type { RecordSecret } from '../../../src/release/record.ts';
import { RecordReader } from '../../../src/uninstall/record-reader.ts';
import { encodeRecord } from '../../support/release-lab.ts';

const mebibyte = 1024 * 1024;

function record(revision: number, unpackedBytes: number): RecordSecret {
  const identity = { name: 'shop', namespace: 'team-a', version: revision, info: { status: 'deployed' } };
  const json = JSON.stringify({ ...identity, manifest: '', config: { filler: ' '.repeat(unpackedBytes) } });
  const labels = { owner: 'helm', name: 'shop', status: 'deployed', version: String(revision) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: `sh.helm.release.v1.shop.v${revision}`,
      namespace: 'team-a',
      uid: String(revision),
      resourceVersion: '1',
      creationTimestamp: '2026-11-20T20:00:00Z',
      labels,
    },
    data: encodeRecord(json),
  };
}

async function readAll(count: number): Promise<RecordReader> {
  const reader = new RecordReader();
  for (let revision = 1; revision <= count; revision += 1) await reader.read(record(revision, 7 * mebibyte));
  return reader;
}

it('nine revisions of the largest size are read', async () => {
  expect((await readAll(9)).result().records).toHaveLength(9);
});

it('more than a release may hold is not: however many records somebody writes, they do not take the night', async () => {
  const reader = await readAll(10);
  expect(() => reader.result()).toThrow('its records unpack to more than 64 MiB together');
});

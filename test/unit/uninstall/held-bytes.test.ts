// What a plan remembers is bounded by what it takes in memory, whatever of a record it is that takes it.
import { expect, it } from 'vitest';
import type { RecordSecret } from '../../../src/release/record.ts';
import { RecordReader } from '../../../src/uninstall/record-reader.ts';
import { encodeRecord } from '../../support/release-lab.ts';

const big = 'x'.repeat(7 * 1024 * 1024);

function record(content: Readonly<Record<string, unknown>>) {
  const info = { status: 'deployed' };
  const json = JSON.stringify({ name: 'shop', namespace: 'team-a', version: 1, info, manifest: '', ...content });
  const secret: RecordSecret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: 'sh.helm.release.v1.shop.v1',
      namespace: 'team-a',
      uid: 'one',
      resourceVersion: '1',
      creationTimestamp: '2026-11-20T20:00:00Z',
      labels: { owner: 'helm', name: 'shop', status: 'deployed', version: '1' },
    },
    data: encodeRecord(json),
  };
  return secret;
}

it.each<[string, RecordSecret]>([
  ['its manifest', record({ manifest: big })],
  ['a hook', record({ hooks: [{ name: 'test', kind: 'Pod', manifest: big, events: ['test'] }] })],
  ['its description', record({ info: { status: 'deployed', description: big } })],
  ['its chart', record({ chart: { metadata: { name: 'shop', version: '1', appVersion: big } } })],
])('%s counts', async (_what, secret) => {
  const reader = new RecordReader();
  await reader.read(secret);
  expect(reader.heldBytes).toBeGreaterThanOrEqual(big.length);
});

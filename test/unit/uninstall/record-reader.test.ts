import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RecordSecret, ReleaseStatus } from '../../../src/release/record.ts';
import { RecordReader } from '../../../src/uninstall/record-reader.ts';
import { recordMetas } from '../../support/stored-release.ts';

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');

function secret(
  revision: number,
  content: Readonly<Record<string, unknown>>,
  status: ReleaseStatus = 'deployed',
): RecordSecret {
  const metadata = recordMetas({ revision, status }).at(-1);
  if (metadata === undefined) throw new Error('no record');
  const wire = { name: 'shop', namespace: 'team-a', version: revision, info: { status: 'deployed' }, ...content };
  const release = base64(base64(gzipSync(JSON.stringify(wire))));
  return { metadata, type: 'helm.sh/release.v1', data: { release } };
}

async function read(...secrets: readonly RecordSecret[]): Promise<RecordReader> {
  const reader = new RecordReader();
  for (const one of secrets) await reader.read(one);
  return reader;
}

const manifest = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

describe('RecordReader', () => {
  it('takes the content of the highest revision, in whatever order they come', async () => {
    const old = { manifest: 'no yaml: [', version: 1 };
    const reader = await read(secret(10, { manifest: manifest('ten') }), secret(1, old), secret(2, old));
    const { records, latest } = reader.result();
    expect(latest.objects.map(({ metadata }) => metadata.name)).toEqual(['ten']);
    expect(records.map(({ claimed, said }) => [claimed.revision, said.revision])).toEqual([
      [10, 10],
      [1, 1],
      [2, 1],
    ]);
    expect(records[0]?.said).toEqual({ name: 'shop', namespace: 'team-a', revision: 10, status: 'deployed' });
  });

  it('tells what cannot be read, even of an older one', async () => {
    const reader = await read(secret(2, { manifest: '' }), secret(1, { name: 7 }));
    expect(() => reader.result()).toThrow('name is not a string');
    expect(() => new RecordReader().result()).toThrow('its records are gone');
  });

  it('refuses eight million lines without reading them', async () => {
    const reader = await read(secret(1, { manifest: manifest('a') + 'a: 1\n'.repeat(1_100_000) }));
    expect(() => reader.result()).toThrow('longer than 5000000');
    const larger = await read(secret(1, { manifest: manifest('a') + 'a: 1\n'.repeat(8_000_000) }));
    expect(() => larger.result()).toThrow('unpacks to more than 8388608 bytes');
  });

  it.each<[string, readonly ReleaseStatus[], latest: number | undefined, deployed: number | undefined]>([
    ['an upgrade', ['superseded', 'superseded', 'deployed'], 3, 3],
    ['failed upgrades', ['superseded', 'deployed', 'failed', 'failed'], 4, 2],
    ['an upgrade that never ended', ['deployed', 'pending-upgrade'], 2, 1],
    ['two that helm calls deployed', ['deployed', 'deployed'], 2, 2],
    ['a failed first install', ['failed'], 1, undefined],
    ['an uninstall that was begun', ['superseded', 'uninstalling'], 2, undefined],
    ['nothing', [], undefined, undefined],
  ])('holds the latest record and the newest deployed one, of %s', async (_name, statuses, latest, deployed) => {
    const secrets = statuses.map((status, index) => secret(index + 1, {}, status));
    for (const inAnyOrder of [secrets, secrets.toReversed()]) {
      const { latestSecret, deployedSecret } = await read(...inAnyOrder);
      expect([latestSecret?.metadata.labels?.version, deployedSecret?.metadata.labels?.version]).toEqual(
        [latest, deployed].map((revision) => revision?.toString()),
      );
    }
  });

  describe('for helm', () => {
    const noJson = (revision: number): RecordSecret => ({ ...secret(revision, {}), data: { release: 'AAAA' } });
    const revisions = async (...secrets: readonly RecordSecret[]) => {
      const { records, unread } = (await read(...secrets)).forHelm();
      return [records.map(({ said }) => said.revision), unread?.secretName];
    };

    it('passes over an older record that is no JSON', async () => {
      expect(await revisions(secret(3, {}), noJson(2), noJson(1))).toEqual([[3], undefined]);
      await expect(read(secret(3, {}), noJson(2)).then((reader) => reader.identities())).rejects.toThrow('is not JSON');
    });

    it('names the latest where it is none, and any that helm may read more into', async () => {
      expect(await revisions(noJson(2), secret(1, {}))).toEqual([[1], 'sh.helm.release.v1.shop.v2']);
      expect(await revisions(secret(2, {}), secret(1, { name: 7 }))).toEqual([[2], 'sh.helm.release.v1.shop.v1']);
    });
  });
});

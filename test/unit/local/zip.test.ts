// Reading files out of a ZIP archive, checked against Python's writer where there is one, and byte by byte here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readZipEntries } from '../../../src/local/zip.ts';

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly method: 0 | 8 | 12;
  readonly crc?: number;
}

function zip(entries: readonly Entry[], comment = ''): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method, crc = crc32(content) } of entries) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const extra = Buffer.from([1, 2, 0, 0]);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(method, 8);
    header.writeUInt16LE(Buffer.byteLength(name), 26);
    header.writeUInt16LE(extra.length, 28);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(crc, 16);
    record.writeUInt32LE(data.length, 20);
    record.writeUInt32LE(content.length, 24);
    record.writeUInt16LE(Buffer.byteLength(name), 28);
    record.writeUInt32LE(offset, 42);
    parts.push(header, Buffer.from(name), extra, data);
    directory.push(record, Buffer.from(name));
    offset += header.length + Buffer.byteLength(name) + extra.length + data.length;
  }
  const end = Buffer.alloc(22);
  const size = Buffer.concat(directory).length;
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)]);
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'zip-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function archive(bytes: Buffer): Promise<string> {
  const path = join(dir, `${crc32(bytes)}.zip`);
  await writeFile(path, bytes);
  return path;
}

const text = { name: 'helm/helm', content: Buffer.from('binary '.repeat(1000)), method: 8 } as const;
const stored = { name: 'kubectl/kubectl', content: Buffer.from('plain'), method: 0 } as const;

test('stored and deflated entries come in the order asked for', async () => {
  const contents = await readZipEntries(await archive(zip([text, stored], 'a comment')), [stored.name, text.name]);
  expect(contents).toEqual([stored.content, text.content]);
});

test.for([
  ['an entry that is not there', zip([stored]), 'has no entry helm/helm'],
  ['a checksum that does not match', zip([{ ...text, crc: 1 }]), 'wrong checksum'],
  ['an unknown method', zip([{ ...text, method: 12 }]), 'unknown method 12'],
  ['no archive at all', Buffer.from('<html>not found</html>'.repeat(10)), 'no ZIP archive'],
  ['an archive whose end is missing', zip([text]).subarray(0, -10), 'no ZIP archive'],
] as const)('%s is an error that says so', async ([, bytes, message]) => {
  await expect(readZipEntries(await archive(bytes), ['helm/helm'])).rejects.toThrow(message);
});

// Reads single files out of a ZIP archive (APPNOTE 6.3: central directory, stored or deflated entries, no ZIP64).
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

/** One entry of the central directory. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const headerSignature = 0x04034b50;
const endSize = 22;
const maxCommentSize = 65_535;
const inflate = promisify(inflateRaw);

/**
 * The contents of the entries `names`, in that order.
 * @throws Error where the archive is damaged or lacks one of them
 */
export async function readZipEntries(path: string, names: readonly string[]): Promise<Buffer[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tailSize = Math.min(size, endSize + maxCommentSize);
    const tail = await readAt(file, size - tailSize, tailSize);
    const { offset, length } = findDirectory(tail);
    const entries = parseDirectory(await readAt(file, offset, length));
    const contents: Buffer[] = [];
    for (const name of names) {
      const entry = entries.find((each) => each.name === name);
      if (entry === undefined) throw new Error(`${path} has no entry ${name}`);
      contents.push(await readEntry(file, entry));
    }
    return contents;
  } finally {
    await file.close();
  }
}

/** Where the central directory is, from the last bytes of the archive. */
function findDirectory(tail: Buffer): { readonly offset: number; readonly length: number } {
  for (let at = tail.length - endSize; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== endSignature || tail.readUInt16LE(at + 20) !== tail.length - at - endSize) continue;
    return { length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  throw new Error('no ZIP archive: its end record is missing');
}

/** The entries of a central directory. */
function parseDirectory(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; at + 46 <= directory.length; ) {
    if (directory.readUInt32LE(at) !== entrySignature) throw new Error('the ZIP directory is damaged');
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      headerOffset: directory.readUInt32LE(at + 42),
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function readEntry(file: FileHandle, entry: ZipEntry): Promise<Buffer> {
  const header = await readAt(file, entry.headerOffset, 30);
  if (header.readUInt32LE(0) !== headerSignature) throw new Error(`the ZIP entry ${entry.name} is damaged`);
  const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const raw = await readAt(file, start, entry.compressedSize);
  const content = entry.method === 0 ? raw : await decompress(raw, entry);
  if (content.length !== entry.size || crc32(content) !== entry.crc) {
    throw new Error(`the ZIP entry ${entry.name} is damaged: wrong checksum`);
  }
  return content;
}

function decompress(raw: Buffer, entry: ZipEntry): Promise<Buffer> {
  if (entry.method !== 8) throw new Error(`the ZIP entry ${entry.name} has the unknown method ${entry.method}`);
  return inflate(raw, { maxOutputLength: Math.max(1, entry.size) });
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new Error('the ZIP archive ends too early');
  return buffer;
}

// Reads the regular files of a tar archive in memory: as much of the format as `helm package` and tar write for charts.

/** A regular file. */
export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

const BLOCK = 512;

/** The regular files, in the archive's order. Throws an Error on what is not a tar archive, or on one cut short. */
export function* readTar(tar: Buffer): Generator<TarFile> {
  for (let offset = 0; offset + BLOCK <= tar.length; ) {
    const header = tar.subarray(offset, offset + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (!hasChecksum(header)) throw new Error('is not a tar archive');
    const size = octal(header.subarray(124, 136));
    const end = offset + BLOCK + size;
    if (end > tar.length) throw new Error('is cut short');
    const type = header[156];
    if (type === 0 || type === 0x30) {
      yield { name: nameIn(header), content: tar.subarray(offset + BLOCK, end) };
    }
    offset = end + ((BLOCK - (size % BLOCK)) % BLOCK);
  }
}

function nameIn(header: Buffer): string {
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar ? text(header.subarray(345, 500)) : '';
  const name = text(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

function hasChecksum(header: Buffer): boolean {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  return sum === octal(header.subarray(148, 156));
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

function octal(field: Buffer): number {
  return Number.parseInt(text(field).trim() || '0', 8);
}

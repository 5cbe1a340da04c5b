// A chart on disk, directory or archive, as files by relative path: what its metadata and its digest are made from.
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readTar } from './tar.ts';

/** What was found at a chart's path. */
export interface ChartFiles {
  /** A file, by its path below the chart's root. */
  read(path: string): Buffer | undefined;
  /** The paths of all files, with `/`. */
  readonly paths: readonly string[];
  /** Everything that decides what the chart renders: pairs of a name and bytes, in a fixed order. */
  readonly contents: readonly (readonly [name: string, bytes: Buffer])[];
}

/** Longest archive after decompression, in bytes; helm's own limit for a chart is 100 MiB. */
const MAX_ARCHIVE_BYTES = 100 * 1024 * 1024;

/** Reads a chart. Throws what the file system throws, or an Error that says what is wrong with the archive. */
export async function readChartFiles(path: string): Promise<ChartFiles> {
  return (await stat(path)).isDirectory() ? readDirectory(path) : readArchive(path);
}

async function readDirectory(path: string): Promise<ChartFiles> {
  const names = (await listFiles(path, '', [])).toSorted();
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))] as const));
  const byName = new Map(contents);
  return { read: (path) => byName.get(path), paths: names, contents };
}

/** Relative paths with `/`; symbolic links are followed, as helm does. */
async function listFiles(root: string, prefix: string, above: readonly string[]): Promise<readonly string[]> {
  const directory = join(root, prefix);
  const real = await realpath(directory);
  if (above.includes(real)) throw new Error(`${directory} links to a directory that it stands in`);
  const entries: readonly Dirent[] = await readdir(directory, { withFileTypes: true });
  const lists = await Promise.all(
    entries.map(async (entry) => {
      const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      const isDirectory = entry.isSymbolicLink() ? (await stat(join(root, name))).isDirectory() : entry.isDirectory();
      return isDirectory ? listFiles(root, name, [...above, real]) : [name];
    }),
  );
  return lists.flat();
}

async function readArchive(path: string): Promise<ChartFiles> {
  const bytes = await readFile(path);
  const byPath = await unpackChart(bytes);
  return { read: (file) => byPath.get(file), paths: [...byPath.keys()], contents: [['', bytes]] };
}

/** The files of a packaged chart by path: it is one directory, whose name does not matter. Throws on what is no archive. */
export async function unpackChart(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const tar = await promisify(gunzip)(archive, { maxOutputLength: MAX_ARCHIVE_BYTES });
  const byPath = new Map<string, Buffer>();
  for (const { name, content } of readTar(tar)) {
    const [, ...below] = name.replace(/^\.\//, '').split('/');
    const path = below.join('/');
    if (path !== '') byPath.set(path, content);
  }
  return byPath;
}

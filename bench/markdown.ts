// A table as Markdown, and the page that a benchmark writes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Rows under a head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What was measured on. */
export function machine(): string {
  const gib = (totalmem() / 1024 ** 3).toFixed(0);
  return `${platform()} ${release()} ${arch()}, ${cpus().length} cores, ${gib} GiB, Node ${process.version}`;
}

/** Writes `docs/benchmarks/NAME.md`. */
export function writePage(name: string, text: string): string {
  const directory = join(import.meta.dirname, '..', 'docs', 'benchmarks');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.md`);
  writeFileSync(file, text);
  return file;
}

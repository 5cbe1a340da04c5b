// The source tree as the architecture test reads it: files, their imports, their text.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** One import of a file. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path below src/, for imports of our own; undefined for packages. */
  readonly target: string | undefined;
}

/** One file below src/. */
export interface SourceFile {
  /** Path below src/, with `/`. */
  readonly path: string;
  /** First folder, or the file itself for `main.ts`. */
  readonly room: string;
  readonly text: string;
  /** The text without comments and string contents of doc examples. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const root = resolve(import.meta.dirname, '..', '..', '..', 'src');
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

/** All TypeScript files below src/. */
export function readSourceFiles(): readonly SourceFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => read(join(entry.parentPath, entry.name)));
}

function read(file: string): SourceFile {
  const path = relative(root, file).replaceAll('\\', '/');
  const text = readFileSync(file, 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
  const imports = [...code.matchAll(importPattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    const isOurs = specifier.startsWith('.');
    const target = isOurs ? relative(root, resolve(dirname(file), specifier)).replaceAll('\\', '/') : undefined;
    return { specifier, target };
  });
  return { path, room: path.includes('/') ? path.slice(0, path.indexOf('/')) : path, text, code, imports };
}

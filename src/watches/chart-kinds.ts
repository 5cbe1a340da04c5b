// The kinds of objects that a chart may render, read off its templates without rendering them (DESIGN.md O7).
import { type ChartFiles, unpackChart } from './chart-files.ts';
import type { ChartKind } from './watch-entry.ts';

/** Reads them: of the chart and of its subcharts, unpacked or not. Throws nothing. */
export async function chartKinds(files: Pick<ChartFiles, 'read' | 'paths'>): Promise<readonly ChartKind[]> {
  const kinds = await collect(files);
  const byName = new Map(kinds.map((each) => [`${each.kind}.${each.group ?? '*'}`, each]));
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

async function collect(files: Pick<ChartFiles, 'read' | 'paths'>): Promise<readonly ChartKind[]> {
  const lists = await Promise.all(
    files.paths.map(async (path) => {
      const file = files.read(path);
      if (file === undefined) return [];
      if (/^(.*\/)?charts\/[^/]*\.tgz$/.test(path)) return inArchive(file);
      return isTemplate(path) ? kindsIn(file.toString('utf8')) : [];
    }),
  );
  return lists.flat();
}

/** What cannot be unpacked is for helm to complain about. */
async function inArchive(archive: Buffer): Promise<readonly ChartKind[]> {
  try {
    const files = await unpackChart(archive);
    return await collect({ read: (path) => files.get(path), paths: [...files.keys()] });
  } catch {
    return [];
  }
}

function isTemplate(path: string): boolean {
  return /^(charts\/[^/]+\/)*templates\//.test(path) && !path.endsWith('/NOTES.txt');
}

/** In JSON too, which is YAML. */
const typeLine = /^(\s*(?:-\s+)?)"?(apiVersion|kind)"?:\s*(.*?),?\s*$/;

interface TypeLine {
  readonly column: number;
  readonly field: string;
  /** Undefined where a template makes it. */
  readonly value: string | undefined;
}

/**
 * The kinds in the text of a template. An object's `kind` stands in the first column, or, in a list, beside an `apiVersion`:
 * what a roleRef names is none. A kind that a template makes is not known; a group that one makes may be any.
 */
export function kindsIn(template: string): readonly ChartKind[] {
  return template.split(/^---.*$/m).flatMap((document) => {
    const lines = document.split('\n').flatMap(typeLineOf);
    return lines.flatMap(({ column, field, value: kind }) => {
      if (field !== 'kind' || kind === undefined) return [];
      const versions = lines.filter((each) => each.field === 'apiVersion' && each.column === column);
      if (versions.length === 0) return column === 0 ? [{ kind }] : [];
      return versions.map(({ value }) => (value === undefined ? { kind } : { group: groupOf(value), kind }));
    });
  });
}

function typeLineOf(line: string): readonly TypeLine[] {
  const [, indent = '', field, rest = ''] = typeLine.exec(line) ?? [];
  if (field === undefined) return [];
  const literal = /^(["']?)([A-Za-z0-9][A-Za-z0-9./-]*)\1(?:\s+#.*)?$/.exec(rest);
  return [{ column: indent.length, field, value: literal?.[2] }];
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

// The chart behind an entry: found, readable, installable, and known by name, version and digest.
import { parse } from 'yaml';
import { chartDefaults } from './chart-defaults.ts';
import { chartDigest } from './chart-digest.ts';
import { type ChartFiles, readChartFiles } from './chart-files.ts';
import { chartKinds } from './chart-kinds.ts';
import type { ChartInfo } from './watch-entry.ts';

/** A chart, or what is wrong at its place. */
export type ChartResult =
  | { readonly ok: true; readonly chart: ChartInfo }
  | { readonly ok: false; readonly found: string };

/** Looks at the chart at an absolute path. Only what is no chart is a result; nothing is thrown. */
export async function inspectChart(path: string): Promise<ChartResult> {
  let files: ChartFiles;
  try {
    files = await readChartFiles(path);
  } catch (error) {
    return { ok: false, found: `${path}, which cannot be read: ${error instanceof Error ? error.message : error}` };
  }
  const metadata = readMetadata(files);
  if (typeof metadata === 'string') return { ok: false, found: `${path}, ${metadata}` };
  return {
    ok: true,
    chart: {
      path,
      ...metadata,
      digest: chartDigest(files.contents),
      hasSchema: files.read('values.schema.json') !== undefined,
      defaults: await chartDefaults(files),
      kinds: await chartKinds(files),
    },
  };
}

/** What Chart.yaml says, or what is wrong with it. */
function readMetadata(files: ChartFiles): Pick<ChartInfo, 'name' | 'version' | 'appVersion'> | string {
  const text = files.read('Chart.yaml');
  if (text === undefined) return 'which has no Chart.yaml';
  let document: unknown;
  try {
    document = parse(text.toString('utf8'));
  } catch (error) {
    return `whose Chart.yaml is not YAML: ${error instanceof Error ? error.message : error}`;
  }
  if (typeof document !== 'object' || document === null) return 'whose Chart.yaml is not a mapping';
  const { name, version, appVersion, type } = document as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || name === '') return 'whose Chart.yaml has no name';
  if (typeof version !== 'string' || version === '') return 'whose Chart.yaml has no version';
  if (type === 'library') return 'which is a library and cannot be installed';
  return { name, version, appVersion: scalarText(appVersion) };
}

/** `appVersion: 1.0` without quotes is a number in YAML, and common. */
function scalarText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

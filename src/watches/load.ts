// watches.yaml from disk: parsed, every chart found and fingerprinted, or one error with everything that is wrong.
import { access, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { type ChartResult, inspectChart } from './chart.ts';
import { WatchesError, type WatchProblem } from './errors.ts';
import type { Environment } from './expand-env.ts';
import { inFileOrder, type PlacedEntry, parseWatches } from './parse.ts';
import type { WatchEntry } from './watch-entry.ts';

/** What loading depends on. */
export interface LoadOptions {
  /** For `$VAR` in overrideValues. */
  readonly env: Environment;
  /** True: a missing variable is the empty string. Default false. */
  readonly allowMissingEnv?: boolean;
  /** Where a relative chart path is looked for if it is not beside the file. Default: the working directory. */
  readonly workingDir?: string;
}

/**
 * Loads a watches.yaml. A relative `chart` is looked for first beside the file, then in the working directory, which is
 * where helm-operator looks.
 *
 * @throws {WatchesError} `WATCHES_UNREADABLE`, or `WATCHES_INVALID` with every problem in the file and its charts.
 */
export async function loadWatches(path: string, options: LoadOptions): Promise<readonly WatchEntry[]> {
  const { entries: placedEntries, problems } = parseWatches(await readText(path), { ...options, file: path });
  const inspected = await Promise.all(
    placedEntries.map(async (placed) => ({ placed, result: await findChart(path, placed, options) })),
  );
  const chartProblems: WatchProblem[] = [];
  const entries: WatchEntry[] = [];
  for (const { placed, result } of inspected) {
    if (result?.ok === false) chartProblems.push(chartProblem(path, placed, result.found));
    if (result?.ok === true && placed.entry !== undefined) entries.push({ ...placed.entry, chart: result.chart });
  }
  const all = inFileOrder([...problems, ...chartProblems]);
  if (all.length > 0) throw WatchesError.invalid(path, all);
  return entries;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw WatchesError.unreadable(path, error);
  }
}

async function findChart(
  file: string,
  { chartPath }: PlacedEntry,
  options: LoadOptions,
): Promise<ChartResult | undefined> {
  if (chartPath === undefined) return undefined;
  const places = isAbsolute(chartPath)
    ? [chartPath]
    : [...new Set([resolve(dirname(file), chartPath), resolve(options.workingDir ?? '.', chartPath)])];
  for (const place of places) {
    if (await exists(place)) return inspectChart(place);
  }
  return { ok: false, found: `nothing at ${places.join(' or ')}` };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function chartProblem(file: string, { chartField, chartPosition }: PlacedEntry, found: string): WatchProblem {
  const expected = 'a chart: a directory or .tgz archive with Chart.yaml';
  return {
    file,
    ...chartPosition,
    expected,
    found,
    message: `${chartField}: expected ${expected}, found ${found}`,
  };
}

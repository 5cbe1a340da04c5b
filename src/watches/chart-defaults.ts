// The defaults of a chart, and where its subcharts may have more of them.
import { parse } from 'yaml';
import { isMap, type PlainMap } from '../lib/merge-maps.ts';
import { type ChartFiles, unpackChart } from './chart-files.ts';
import { parseValuesYaml } from './values-yaml.ts';
import type { ChartDefaults } from './watch-entry.ts';

type Path = readonly string[];

/** In doubt there may be a default anywhere: helm has the last word on a chart that we cannot read. */
const unknown: ChartDefaults = { values: {}, openPaths: [[]] };

/** Reads the defaults. Throws nothing. */
export async function chartDefaults(files: ChartFiles): Promise<ChartDefaults> {
  const parsed = parseValuesYaml(files.read('values.yaml')?.toString('utf8') ?? '');
  if (!parsed.ok) return unknown;
  try {
    return { values: parsed.values, openPaths: await openPathsOf(files) };
  } catch {
    return unknown;
  }
}

async function openPathsOf(files: ChartFiles): Promise<readonly Path[]> {
  // charts of apiVersion v1 have their dependencies in a file of their own
  const dependencies = ['Chart.yaml', 'requirements.yaml'].flatMap((file) => dependenciesIn(files.read(file)));
  const named = dependencies.flatMap(({ name, alias }) => [name, alias]).filter((name) => typeof name === 'string');
  const subcharts = new Set([...named, ...(await subchartNames(files))]);
  if (subcharts.size > 0) subcharts.add('global'); // a chart hands it on to its subcharts
  return [...[...subcharts].map((name) => [name]), ...dependencies.flatMap(importedTo)];
}

function dependenciesIn(file: Buffer | undefined): readonly PlainMap[] {
  const { dependencies } = readMap(file);
  return Array.isArray(dependencies) ? dependencies.filter(isMap) : [];
}

/** Where helm puts a subchart's values among the chart's own: at a path, or, for `exports`, at the root. */
function importedTo(dependency: PlainMap): readonly Path[] {
  const imports: unknown = dependency['import-values'];
  if (!Array.isArray(imports)) return [];
  return imports.map((item: unknown) => {
    const parent = isMap(item) && typeof item.parent === 'string' ? item.parent : '.';
    return parent === '.' ? [] : parent.split('.');
  });
}

/** The charts below `charts/`, as they call themselves; helm passes over names that begin with a dot or an underscore. */
async function subchartNames(files: ChartFiles): Promise<readonly string[]> {
  const names = files.paths
    .filter((path) => /^charts\/[^/_.][^/]*(\/Chart\.yaml|\.tgz)$/.test(path))
    .map(async (path) => {
      const file = files.read(path);
      const isArchive = path.endsWith('.tgz') && file !== undefined;
      return readMap(isArchive ? (await unpackChart(file)).get('Chart.yaml') : file).name;
    });
  return (await Promise.all(names)).filter((name) => typeof name === 'string');
}

function readMap(file: Buffer | undefined): PlainMap {
  const content: unknown = parse(file?.toString('utf8') ?? '');
  return isMap(content) ? content : {};
}

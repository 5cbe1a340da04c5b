// `bookstore-operator crd`: prints the CRDs of the watched kinds; with hidden options it writes and checks committed files.
import { resolve } from 'node:path';
import { Option } from 'commander';
import { BOOKSTORE_GVK } from '../api/v1alpha1/bookstore.ts';
import type { GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import { loadWatches } from '../watches/load.ts';
import type { CommandHost, CommandIo } from './command.ts';
import {
  type CrdDocument,
  CrdError,
  type CrdSource,
  crdDocument,
  parseKind,
  purgeCrdDocuments,
} from './crd-documents.ts';
import { crdYaml, staleCrdFiles, writeCrdFiles } from './crd-files.ts';
import { ExitCode } from './exit-code.ts';
import { packageRoot } from './package-root.ts';

/** The options of the command. */
export interface CrdOptions {
  /** A chart that no watches file names. */
  readonly chart?: string;
  /** Default: the one that we ship. */
  readonly watchesFile?: string;
  readonly kind?: string;
  readonly plural?: string;
  readonly output: 'yaml' | 'json';
  readonly write?: string;
  readonly check?: string;
}

/** Adds the command to the program. */
export function addCrdCommand({ parent, io, complete }: CommandHost): void {
  parent
    .command('crd')
    .description(
      "print CustomResourceDefinitions: of a watched kind, made from its chart's values.schema.json, or of the purge",
    )
    .option('--watches-file <file>', 'watches.yaml whose kinds are printed (default: BookStore, PurgePolicy, PurgeRun)')
    .option('--kind <kind>', 'only this kind; in full, Kind.version.group, for a chart of your own')
    .option('--chart <dir>', 'chart directory or archive, in place of the one in the watches file')
    .option('--plural <name>', 'plural of the kind, where it is irregular')
    .addOption(new Option('-o, --output <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
    .addOption(new Option('--write <dir>', 'write each CRD to a file of its own').hideHelp())
    .addOption(new Option('--check <dir>', 'compare with the files in a directory').hideHelp().conflicts('write'))
    .action((options: CrdOptions) => complete(runCrd(options, io)));
}

/** Does what the options say. Remarks go to stderr; exit code 1 is a stale file. */
export async function runCrd(options: CrdOptions, io: CommandIo): Promise<ExitCode> {
  const documents = await documentsOf(options, io);
  for (const remark of documents.flatMap((document) => document.remarks)) io.stderr.write(`note: ${remark}\n`);
  if (options.write !== undefined) {
    for (const path of await writeCrdFiles(documents, options.write)) io.stderr.write(`wrote ${path}\n`);
    return ExitCode.done;
  }
  if (options.check !== undefined) {
    const stale = await staleCrdFiles(documents, options.check);
    for (const finding of stale) io.stderr.write(`${finding}\n`);
    if (stale.length > 0) io.stderr.write('Run `npm run generate` and commit the result.\n');
    return stale.length > 0 ? ExitCode.someFailed : ExitCode.done;
  }
  const crds = documents.map((document) => document.crd);
  if (options.output === 'yaml') io.stdout.write(crds.map(crdYaml).join('---\n'));
  else {
    const document = crds.length === 1 ? crds[0] : { apiVersion: 'v1', kind: 'List', items: crds };
    io.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  }
  return ExitCode.done;
}

/** Without a chart and a watches file: the kinds that we ship, those of the purge among them. */
async function documentsOf(options: CrdOptions, io: CommandIo): Promise<readonly CrdDocument[]> {
  const isOurs = options.chart === undefined && options.watchesFile === undefined;
  const purge = isOurs ? purgeCrdDocuments.filter(({ gvk }) => isWanted(gvk, options.kind)) : [];
  if (options.kind !== undefined && purge.length > 0) return purge;
  const sources = await sourcesOf(options, io);
  return [...(await Promise.all(sources.map(crdDocument))), ...purge];
}

/** Whether `--kind`, short or in full, names the kind; without one every kind is wanted. */
function isWanted(gvk: GroupVersionKind, named: string | undefined): boolean {
  if (named === undefined) return true;
  const { kind, full } = parseKind(named);
  return gvk.kind === kind && (!full || (full.group === gvk.group && full.version === gvk.version));
}

async function sourcesOf(options: CrdOptions, io: CommandIo): Promise<readonly CrdSource[]> {
  const wanted = options.kind === undefined ? undefined : parseKind(options.kind);
  const plural = options.plural === undefined ? {} : { plural: options.plural };
  if (options.chart !== undefined && options.watchesFile === undefined) {
    const isShort = wanted !== undefined && wanted.full === undefined && wanted.kind !== BOOKSTORE_GVK.kind;
    if (isShort) {
      throw new CrdError('CRD_KIND_INVALID', `--kind ${wanted.kind} says neither version nor group`, {
        isTerminal: true,
        remedy: `Write it in full, for example --kind ${wanted.kind}.v1alpha1.example.com.`,
      });
    }
    return [{ gvk: wanted?.full ?? BOOKSTORE_GVK, chartPath: options.chart, scope: 'Namespaced', ...plural }];
  }
  const file = options.watchesFile ?? resolve(packageRoot, 'watches.yaml');
  // A CRD does not depend on overrides, so a variable that only the operator's pod has may be missing here.
  const entries = await loadWatches(file, { env: io.config.env, allowMissingEnv: true });
  const chosen = entries.filter(({ gvk }) => isWanted(gvk, options.kind));
  if (chosen.length === 0) {
    throw new CrdError('CRD_KIND_INVALID', `${file} has no kind ${options.kind}`, {
      isTerminal: true,
      remedy: `It has ${entries.map(({ gvk }) => gvk.kind).join(', ')}.`,
    });
  }
  return chosen.map(({ gvk, chart, releaseNamespace }) => ({
    gvk,
    chartPath: options.chart ?? chart.path,
    scope: releaseNamespace === undefined ? 'Namespaced' : 'Cluster',
    ...(chosen.length === 1 ? plural : {}),
  }));
}

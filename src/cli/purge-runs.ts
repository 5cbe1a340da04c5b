// `bookstore-operator purge runs [RUN]`: what was purged, when and by whom; nothing is changed.
import { systemClock } from '../lib/clock.ts';
import { findRun, listRuns, nameOfRun, type RunSources } from '../purge/record/read-run.ts';
import { runsDirectory } from '../purge/record/report-file.ts';
import { standingsOf } from '../purge/record/run-standing.ts';
import { newestFirst, outcomesOf, summaryOf } from '../purge/record/run-summary.ts';
import type { CommandIo } from './command.ts';
import { ExitCode } from './exit-code.ts';
import { type OutputFormat, oneLine, writeOutput } from './output.ts';
import { runLines, runsTable } from './purge-runs-text.ts';
import { type ConnectionOptions, openPurgeConnection } from './purge-session.ts';
import { reportTable } from './purge-text.ts';

/** The options of the command. */
export interface PurgeRunsOptions extends ConnectionOptions {
  readonly output: OutputFormat;
}

/** Lists the runs, or shows one. @throws PurgeError `RUN_NOT_FOUND`; ApiError, where runs may not be read after those that may */
export async function runPurgeRuns(
  run: string | undefined,
  options: PurgeRunsOptions,
  io: CommandIo,
): Promise<ExitCode> {
  const { client, close } = await openPurgeConnection(options, io);
  try {
    const sources = { client, directory: runsDirectory(io.config.stateHome), signal: io.signal };
    io.stderr.write(`${oneLine(`context ${client.context}, server ${client.server}`)}\n`);
    await (run === undefined ? showAll(sources, options, io) : showOne(sources, { run, ...options }, io));
    return ExitCode.done;
  } finally {
    await close();
  }
}

async function showAll(sources: RunSources, { output }: PurgeRunsOptions, io: CommandIo): Promise<void> {
  const { runs, warnings, refusal } = await listRuns(sources);
  for (const warning of warnings) io.stderr.write(`warning: ${oneLine(warning)}\n`);
  const standings = await standingsOf(sources.client, runs, io.signal);
  const items = runs.map((run) => summaryOf(run, standings.get(nameOfRun(run)))).sort(newestFirst);
  if (items.length === 0 && refusal === undefined) {
    io.stderr.write(`there is no run yet, neither in the cluster nor in ${sources.directory}\n`);
  }
  writeOutput(io.stdout, output, {
    data: { apiVersion: 'velotio.com/v1alpha1', kind: 'PurgeRunSummaryList', items },
    table: (format) => runsTable(items, { nowMs: systemClock.now(), ...format }),
  });
  if (refusal !== undefined) throw refusal;
}

async function showOne(
  sources: RunSources,
  { run, output }: PurgeRunsOptions & { readonly run: string },
  io: CommandIo,
): Promise<void> {
  const stored = await findRun(sources, run);
  const outcomes = outcomesOf(stored);
  const standings = await standingsOf(sources.client, [stored], io.signal);
  for (const line of runLines(summaryOf(stored, standings.get(run)), outcomes)) io.stderr.write(`${line}\n`);
  writeOutput(io.stdout, output, {
    data: 'object' in stored ? stored.object : stored.file,
    table: (format) => reportTable(outcomes, format),
  });
}

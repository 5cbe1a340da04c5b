// `bookstore-operator purge keep`: nobody's evening work goes at eight, said by whoever works late.
import { systemClock } from '../lib/clock.ts';
import { PurgeError } from '../purge/errors.ts';
import { parseTime } from '../purge/keep/keep.ts';
import { checkUntil, parseTarget } from '../purge/keep/keep-request.ts';
import { setKeep } from '../purge/keep/set-keep.ts';
import type { CommandIo } from './command.ts';
import { ExitCode } from './exit-code.ts';
import { type OutputFormat, writeOutput } from './output.ts';
import { keepLines } from './purge-keep-text.ts';
import { type ConnectionOptions, openPurgeConnection } from './purge-session.ts';
import { entriesTable } from './purge-text.ts';

/** The options of the command. One of `for`, `until` and `off` is given. */
export interface PurgeKeepOptions extends ConnectionOptions {
  readonly output: OutputFormat;
  /** Milliseconds. */
  readonly for?: number;
  /** RFC 3339. */
  readonly until?: string;
  readonly off?: boolean;
  readonly force: boolean;
}

/** Keeps, or keeps no longer, and says what a plan would say now. @throws PurgeError, ApiError */
export async function runPurgeKeep(target: string, options: PurgeKeepOptions, io: CommandIo): Promise<ExitCode> {
  const change = { target: parseTarget(target), until: untilOf(options), isForced: options.force, signal: io.signal };
  const { client, operator, close } = await openPurgeConnection(options, io);
  try {
    const result = await setKeep({ client, operator, clock: systemClock }, change);
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    io.stderr.write(`context ${client.context}, server ${client.server}\n`);
    for (const line of keepLines(result, { timeZone })) io.stderr.write(`${line}\n`);
    writeOutput(io.stdout, options.output, { data: result, table: (format) => entriesTable(result.entries, format) });
    return ExitCode.done;
  } finally {
    await close();
  }
}

function untilOf(options: PurgeKeepOptions): number | 'off' {
  const given = [options.for, options.until, options.off].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new PurgeError('KEEP_INVALID', 'until when is not said, or said twice', {
      isTerminal: true,
      remedy: 'Give one of --for 8h, --until 2026-11-27T08:00:00+01:00 and --off.',
    });
  }
  if (options.off === true) return 'off';
  const nowMs = systemClock.now();
  if (options.for !== undefined) return checkUntil(nowMs + options.for, nowMs);
  const untilMs = parseTime(options.until ?? '');
  if (untilMs !== undefined) return checkUntil(untilMs, nowMs);
  throw new PurgeError('KEEP_INVALID', `--until ${JSON.stringify(options.until)} is not a time of RFC 3339`, {
    isTerminal: true,
    remedy: 'Write date, time and offset: 2026-11-27T08:00:00+01:00, or 2026-11-27T07:00:00Z.',
  });
}

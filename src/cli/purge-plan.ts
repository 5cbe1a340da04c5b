// `bookstore-operator purge plan`: what would go, what stays, and why; nothing is changed.
import { systemClock } from '../lib/clock.ts';
import { makePlan } from '../purge/plan/make-plan.ts';
import { isBlocked } from '../purge/plan/plan.ts';
import type { CommandIo } from './command.ts';
import { ExitCode } from './exit-code.ts';
import { type OutputFormat, writeOutput } from './output.ts';
import { runPurgeExplain } from './purge-explain.ts';
import { openPurgeSession, type PurgeOptions } from './purge-session.ts';
import { planSummary, planTable } from './purge-text.ts';
import { keepYoungSmall } from './small-heap.ts';

/** The options of the command. */
export interface PurgePlanOptions extends PurgeOptions {
  readonly output: OutputFormat;
  /** This release alone, with all that decides about it. */
  readonly explain?: { readonly namespace: string; readonly name: string };
}

/** Plans and prints. Exit code 3 where a cap of the run is hit. @throws PurgeError, ApiError */
export async function runPurgePlan(options: PurgePlanOptions, io: CommandIo): Promise<ExitCode> {
  keepYoungSmall(); // of thousands of records a line each is kept
  const session = await openPurgeSession(options, io);
  try {
    const { settings } = session;
    const { explain } = options;
    if (explain !== undefined) return await runPurgeExplain(session, { ...options, explain }, io);
    const plan = await makePlan(
      { ...session, clock: systemClock },
      { signal: io.signal, ...(options.namespace === undefined ? {} : { namespaces: options.namespace }) },
    );
    if (settings.isSuspended) io.stderr.write('the policy is suspended: a run would do nothing\n');
    for (const line of planSummary(plan)) io.stderr.write(`${line}\n`);
    writeOutput(io.stdout, options.output, { data: plan, table: (format) => planTable(plan, format) });
    return isBlocked(plan) ? ExitCode.capHit : ExitCode.done;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.stderr.write('interrupted; nothing was deleted\n');
    return ExitCode.interrupted;
  } finally {
    await session.close();
  }
}

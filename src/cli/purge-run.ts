// `bookstore-operator purge run`: plan, ask, purge, report.
import { purgeMinimum, requireHelm } from '../helm/version.ts';
import { Discovery } from '../kube/discovery.ts';
import { systemClock } from '../lib/clock.ts';
import { PurgeError } from '../purge/errors.ts';
import type { HeldPurgeLock, PurgeLock } from '../purge/lock/purge-lock.ts';
import type { OperatorIdentity } from '../purge/plan/denials.ts';
import { makePlan } from '../purge/plan/make-plan.ts';
import { isBlocked, type PurgePlan, selectedNamespaces } from '../purge/plan/plan.ts';
import type { GivenPlan } from '../purge/plan/plan-file.ts';
import { concurrencyOf, defaultHelmProcesses, type PurgeSettings } from '../purge/policy/settings.ts';
import type { RunRecords } from '../purge/record/begin-record.ts';
import { executeRecorded } from '../purge/record/record-run.ts';
import type { PurgeReport } from '../purge/record/report.ts';
import { type SweepDeps, type SweepOptions, sweepUndo } from '../purge/restore/sweep-undo.ts';
import { KnownReleases } from '../uninstall/known-releases.ts';
import type { CommandIo } from './command.ts';
import { confirmCount } from './confirm.ts';
import { ExitCode } from './exit-code.ts';
import { counted, type OutputFormat, oneLine, writeOutput } from './output.ts';
import { purgeDriver } from './purge-driver.ts';
import { policyEvents } from './purge-events.ts';
import { acquireByHand, identityByHand, newPurgeLock } from './purge-lock.ts';
import { keysOf, readGivenPlan, refuseStale, releaseDifferences, targetDifferences } from './purge-plan-file.ts';
import { PurgeProgress } from './purge-progress.ts';
import { recordsByHand } from './purge-records.ts';
import { helmFor, openPurgeSession, type PurgeOptions, type PurgeSession } from './purge-session.ts';
import { planSummary, planTable, reportSummary, reportTable, undoLines } from './purge-text.ts';
import { fenceBy } from './run-leadership.ts';

/** The options of the command. */
export interface PurgeRunOptions extends PurgeOptions {
  readonly output: OutputFormat;
  /** Do not ask. */
  readonly yes: boolean;
  /** In place of the policy's. */
  readonly concurrency?: number;
  /** A plan that was looked at, as a file: exactly what it purges goes, or nothing. */
  readonly plan?: string;
  /** A file for the report, whatever else the run is recorded in. */
  readonly report?: string;
}

/**
 * Purges once. Exit code 1 where a release failed or was not reached, 3 where a cap is hit, 130 where it was interrupted
 * or the answer was not the number, 4 where the plan that was given no longer fits, 5 where another purge is at work or the lock is lost. @throws PurgeError, ApiError, HelmError before anything is deleted
 */
export async function runPurgeRun(options: PurgeRunOptions, io: CommandIo): Promise<ExitCode> {
  if (!options.yes && io.stdin.isTTY !== true) {
    throw new PurgeError('NOT_CONFIRMED', 'purge run asks before it deletes, and there is no terminal to ask on', {
      isTerminal: true,
      remedy: 'Look at purge plan, then add --yes. Nothing was deleted.',
    });
  }
  const given = await readGivenPlan(options, io);
  const session = await openPurgeSession(options, io);
  const events = policyEvents(session);
  try {
    return await planAskRun(session, { ...options, given, onEvent: events.tell }, io);
  } catch (error) {
    if (!io.signal.aborted) {
      events.refuse(error);
      throw error;
    }
    io.stderr.write('interrupted; nothing was deleted\n');
    return ExitCode.interrupted;
  } finally {
    await events.flush(io.forceSignal);
    await session.close();
  }
}

async function planAskRun(
  session: PurgeSession,
  options: PurgeRunOptions & { readonly given: GivenPlan | undefined; readonly onEvent: RunRecords['onEvent'] },
  io: CommandIo,
): Promise<ExitCode> {
  const { settings, client } = session;
  const { given, namespace: namespaces } = options;
  if (settings.isSuspended) {
    throw new PurgeError('POLICY_SUSPENDED', `the policy ${settings.policyName} is suspended`, {
      isTerminal: true,
      remedy: 'Set spec.suspend to false, or leave it out. Nothing was deleted.',
    });
  }
  const asked = options.concurrency ?? settings.concurrency;
  const concurrency = concurrencyOf({ concurrency: asked }, options.driver);
  const lock = newPurgeLock(client, { operator: session.operator, identity: identityByHand() });
  const fence = fenceBy(() => lock.assertHeld(), client);
  const { kubeconfig } = options;
  if (options.driver !== 'native') {
    await requireHelm(helmFor(client, io, { kubeconfig, maxProcesses: 1 }), purgeMinimum);
  }
  const helm = helmFor(client, io, { kubeconfig, maxProcesses: asked ?? defaultHelmProcesses, ...fence.helm });
  const deps = { ...session, clock: systemClock, known: new KnownReleases() };
  if (given !== undefined) refuseStale(targetDifferences(given, session), { output: options.output, io });
  const plan = await makePlan(deps, {
    signal: io.signal,
    ...(namespaces === undefined ? {} : { namespaces }),
    only: given === undefined ? undefined : keysOf(given, namespaces),
  });
  for (const line of planSummary(plan)) io.stderr.write(`${line}\n`);
  if (given !== undefined)
    refuseStale(releaseDifferences(given, plan, { namespaces, io }), { output: options.output, io });
  let restoreFrom: string | undefined;
  const onSpare = (path: string): void => {
    restoreFrom = path;
  };
  const run = {
    ...deps,
    ...purgeDriver(options.driver, { client: fence.client, helm }),
    discovery: new Discovery(client),
    records: await recordsByHand(session, { ...options, onSpare }, io),
  };
  if (isBlocked(plan) || plan.counts.purge === 0) {
    if (!isBlocked(plan)) {
      io.stderr.write('nothing to purge\n');
      await sweepAlone(run, plan, { lock, operator: session.operator, io });
    }
    print(await executeRecorded(run, plan, { concurrency }), { session, options, io, restoreFrom });
    return isBlocked(plan) ? ExitCode.capHit : ExitCode.done;
  }
  if (!options.yes && !(await isConfirmed(plan, settings, io))) {
    io.stderr.write('not confirmed; nothing was deleted\n');
    return ExitCode.interrupted;
  }
  const held = await acquireByHand(lock, { operator: session.operator, io });
  let report: PurgeReport;
  try {
    await sweepAndTell(run, plan, io);
    using progress = new PurgeProgress(io.stderr, {
      total: plan.counts.purge,
      isDumb: io.config.env.TERM === 'dumb',
      monotonic: () => systemClock.monotonic(),
      signal: io.signal,
      forceSignal: io.forceSignal,
    });
    const records = { ...run.records, lock: held.lease };
    report = await executeRecorded({ ...run, records }, plan, {
      concurrency,
      signal: AbortSignal.any([io.signal, held.signal]),
      forceSignal: AbortSignal.any([io.forceSignal, held.signal]),
      onBegin: (entry) => progress.begin(entry),
      onOutcome: (outcome) => progress.end(outcome),
      onPause: (isPaused) => progress.pause(isPaused),
    });
  } finally {
    await held.release();
  }
  print(report, { session, options, io, restoreFrom });
  return exitCodeOf(report);
}

/** Where nothing else is to be deleted the lock is taken only if something has expired. That it is not to be had ends no run. */
async function sweepAlone(
  deps: SweepDeps,
  plan: PurgePlan,
  { lock, operator, io }: { readonly lock: PurgeLock; readonly operator: OperatorIdentity; readonly io: CommandIo },
): Promise<void> {
  const taken: HeldPurgeLock[] = [];
  const beforeDelete = async (): Promise<void> => void taken.push(await acquireByHand(lock, { operator, io }));
  try {
    await sweepAndTell(deps, plan, { ...io, beforeDelete });
  } finally {
    for (const held of taken) await held.release();
  }
}

async function sweepAndTell(
  deps: SweepDeps,
  plan: PurgePlan,
  { stderr, forceSignal, beforeDelete }: Pick<CommandIo, 'stderr' | 'forceSignal'> & Pick<SweepOptions, 'beforeDelete'>,
): Promise<void> {
  const sweep = { namespaces: selectedNamespaces(plan), signal: forceSignal, beforeDelete };
  const { removed, warnings } = await sweepUndo(deps, sweep);
  if (removed > 0) stderr.write(`${counted(removed, 'undo Secret')} of earlier runs had expired and went\n`);
  for (const warning of warnings) stderr.write(`warning: ${oneLine(warning)}\n`);
}

function isConfirmed(plan: PurgePlan, settings: PurgeSettings, io: CommandIo): Promise<boolean> {
  const { purge, namespaces } = plan.counts;
  const what = `${counted(purge, 'release')} in ${counted(namespaces, 'namespace')}`;
  io.stderr.write(`\n${planTable(plan, { isWide: false })}\n`);
  const text =
    `This uninstalls ${what} from ${plan.context} (${plan.server}).\n` +
    undoLines(plan, settings)
      .map((line) => `${line}\n`)
      .join('') +
    `Type the number of releases to go on: `;
  return confirmCount(io, { text, count: purge });
}

function print(
  report: PurgeReport,
  {
    session,
    options,
    io,
    restoreFrom,
  }: {
    readonly session: PurgeSession;
    readonly options: PurgeRunOptions;
    readonly io: CommandIo;
    readonly restoreFrom: string | undefined;
  },
): void {
  const { client, settings } = session;
  const paste = {
    kubeconfig: options.kubeconfig,
    context: client.isInCluster ? undefined : client.context,
    serviceAccount: settings.serviceAccount,
  };
  writeOutput(io.stdout, options.output, { data: report, table: (format) => reportTable(report, format) });
  for (const line of reportSummary(report, { ...paste, restoreFrom })) io.stderr.write(`${line}\n`);
}

function exitCodeOf({ stoppedBy, counts }: PurgeReport): ExitCode {
  if (stoppedBy === 'interrupted') return ExitCode.interrupted;
  if (stoppedBy === 'lock-lost') return ExitCode.locked;
  return counts.failed + counts.notStarted > 0 ? ExitCode.someFailed : ExitCode.done;
}

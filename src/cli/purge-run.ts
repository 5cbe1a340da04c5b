// `bookstore-operator purge run`: plan, ask, purge, report.
import { purgeMinimum, requireHelm } from '../helm/version.ts';
import { Discovery } from '../kube/discovery.ts';
import { systemClock } from '../lib/clock.ts';
import { PurgeError } from '../purge/errors.ts';
import { executePlan } from '../purge/execute.ts';
import { makePlan } from '../purge/make-plan.ts';
import { isBlocked, type PurgePlan } from '../purge/plan.ts';
import type { PurgeReport } from '../purge/report.ts';
import { helmDriver } from '../uninstall/helm-driver.ts';
import type { CommandIo } from './command.ts';
import { confirmCount } from './confirm.ts';
import { ExitCode } from './exit-code.ts';
import { counted, type OutputFormat, writeOutput } from './output.ts';
import { handPatienceMs, identityByHand, newPurgeLock, noLockLine, waitingLine } from './purge-lock.ts';
import { PurgeProgress } from './purge-progress.ts';
import { helmFor, openPurgeSession, type PurgeOptions, type PurgeSession } from './purge-session.ts';
import { planSummary, planTable, reportSummary, reportTable } from './purge-text.ts';
import { fenceBy } from './run-leadership.ts';

/** The options of the command. */
export interface PurgeRunOptions extends PurgeOptions {
  readonly output: OutputFormat;
  /** Do not ask. */
  readonly yes: boolean;
  /** In place of the policy's. */
  readonly concurrency?: number;
}

/**
 * Purges once. Exit code 1 where a release failed or was not reached, 3 where a cap is hit, 130 where it was interrupted
 * or the answer was not the number, 5 where another purge is at work or the lock is lost. @throws PurgeError, ApiError, HelmError before anything is deleted
 */
export async function runPurgeRun(options: PurgeRunOptions, io: CommandIo): Promise<ExitCode> {
  if (!options.yes && io.stdin.isTTY !== true) {
    throw new PurgeError('NOT_CONFIRMED', 'purge run asks before it deletes, and there is no terminal to ask on', {
      isTerminal: true,
      remedy: 'Look at purge plan, then add --yes. Nothing was deleted.',
    });
  }
  const session = await openPurgeSession(options, io);
  try {
    return await planAskRun(session, options, io);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.stderr.write('interrupted; nothing was deleted\n');
    return ExitCode.interrupted;
  } finally {
    await session.close();
  }
}

async function planAskRun(session: PurgeSession, options: PurgeRunOptions, io: CommandIo): Promise<ExitCode> {
  const { settings, client } = session;
  if (settings.isSuspended) {
    throw new PurgeError('POLICY_SUSPENDED', `the policy ${settings.policyName} is suspended`, {
      isTerminal: true,
      remedy: 'Set spec.suspend to false, or leave it out. Nothing was deleted.',
    });
  }
  const concurrency = options.concurrency ?? settings.concurrency;
  const lock = newPurgeLock(client, { operator: session.operator, identity: identityByHand() });
  const fence = fenceBy(() => lock.assertHeld(), client);
  const { kubeconfig } = options;
  await requireHelm(helmFor(client, io, { kubeconfig, maxProcesses: 1 }), purgeMinimum);
  const helm = helmFor(client, io, { kubeconfig, maxProcesses: concurrency, ...fence.helm });
  const deps = { ...session, clock: systemClock };
  const plan = await makePlan(deps, {
    signal: io.signal,
    ...(options.namespace === undefined ? {} : { namespaces: options.namespace }),
  });
  for (const line of planSummary(plan)) io.stderr.write(`${line}\n`);
  const run = { ...deps, client: fence.client, discovery: new Discovery(client), uninstaller: helmDriver(helm) };
  if (isBlocked(plan) || plan.counts.purge === 0) {
    if (!isBlocked(plan)) io.stderr.write('nothing to purge\n');
    print(await executePlan(run, plan, { concurrency }), { session, options, io });
    return isBlocked(plan) ? ExitCode.capHit : ExitCode.done;
  }
  if (!options.yes && !(await isConfirmed(plan, io))) {
    io.stderr.write('not confirmed; nothing was deleted\n');
    return ExitCode.interrupted;
  }
  const held = await lock.acquire({
    withinMs: handPatienceMs,
    isPatient: false,
    signal: io.signal,
    onWaiting: (holder) => io.stderr.write(`${waitingLine(holder)}\n`),
    onNowhere: () => io.stderr.write(`${noLockLine(session.operator)}\n`),
  });
  let report: PurgeReport;
  try {
    using progress = new PurgeProgress(io.stderr, {
      total: plan.counts.purge,
      isDumb: io.config.env.TERM === 'dumb',
      monotonic: () => systemClock.monotonic(),
      signal: io.signal,
      forceSignal: io.forceSignal,
    });
    report = await executePlan(run, plan, {
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
  print(report, { session, options, io });
  return exitCodeOf(report);
}

function isConfirmed(plan: PurgePlan, io: CommandIo): Promise<boolean> {
  const { purge, namespaces } = plan.counts;
  const what = `${counted(purge, 'release')} in ${counted(namespaces, 'namespace')}`;
  io.stderr.write(`\n${planTable(plan, { isWide: false })}\n`);
  const text =
    `This uninstalls ${what} from ${plan.context} (${plan.server}). There is no undo yet.\n` +
    `Type the number of releases to go on: `;
  return confirmCount(io, { text, count: purge });
}

function print(
  report: PurgeReport,
  {
    session,
    options,
    io,
  }: { readonly session: PurgeSession; readonly options: PurgeRunOptions; readonly io: CommandIo },
): void {
  const { client, settings } = session;
  const paste = {
    kubeconfig: options.kubeconfig,
    context: client.isInCluster ? undefined : client.context,
    serviceAccount: settings.serviceAccount,
  };
  writeOutput(io.stdout, options.output, { data: report, table: (format) => reportTable(report, format) });
  for (const line of reportSummary(report, paste)) io.stderr.write(`${line}\n`);
}

function exitCodeOf({ stoppedBy, counts }: PurgeReport): ExitCode {
  if (stoppedBy === 'interrupted') return ExitCode.interrupted;
  if (stoppedBy === 'lock-lost') return ExitCode.locked;
  return counts.failed + counts.notStarted > 0 ? ExitCode.someFailed : ExitCode.done;
}

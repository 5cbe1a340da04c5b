// `bookstore-operator purge restore`: what a run has purged is brought back, after a look at everything and a question.
import type { AllowedKind } from '../api/v1alpha1/purge-policy.ts';
import { purgeMinimum, requireHelm } from '../helm/version.ts';
import { Discovery } from '../kube/discovery.ts';
import { isApiError } from '../kube/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import { PurgeError } from '../purge/errors.ts';
import { readClusterPolicy } from '../purge/policy/cluster-policy.ts';
import { readPolicyFile } from '../purge/policy/policy-file.ts';
import { type PurgeSettings, settingsOf } from '../purge/policy/settings.ts';
import { runsDirectory } from '../purge/record/report-file.ts';
import type { RecordedRun } from '../purge/record/run-recorder.ts';
import type { CommandLines, RestoreDeps } from '../purge/restore/restore-release.ts';
import type { RestoreReport } from '../purge/restore/restore-report.ts';
import {
  defaultRestoreConcurrency,
  planRestore,
  type RestoreRequest,
  runRestore,
} from '../purge/restore/restore-run.ts';
import { readRestoreRun } from '../purge/restore/restore-source.ts';
import type { CommandIo } from './command.ts';
import { confirmCount } from './confirm.ts';
import { ExitCode } from './exit-code.ts';
import { counted, type OutputFormat, writeOutput } from './output.ts';
import { commandLines } from './paste-line.ts';
import { acquireByHand, identityByHand, newPurgeLock } from './purge-lock.ts';
import { restoreLine, restoreSummary, restoreTable } from './purge-restore-text.ts';
import { type ConnectionOptions, helmFor, openPurgeConnection, type PurgeConnection } from './purge-session.ts';
import { fenceBy } from './run-leadership.ts';

/** The options of the command. */
export interface PurgeRestoreOptions extends ConnectionOptions {
  readonly output: OutputFormat;
  /** The run's policy, where it came from a file. */
  readonly file?: string;
  readonly dryRun: boolean;
  /** In place of the run's. */
  readonly serviceAccount?: string;
  /** Do not ask. */
  readonly yes: boolean;
  readonly concurrency?: number;
}

/** What the command is asked for. */
export interface RestoreTarget {
  /** Name of a PurgeRun, or a report file. */
  readonly run: string;
  /** Empty: all of the run. */
  readonly releases: readonly { readonly namespace: string; readonly name: string }[];
}

/**
 * Restores, or says what it would do. Exit code 1 where a release was refused, failed or not reached, in a dry run too; 130 where
 * it was interrupted or the answer was not the number, 5 where a purge is at work or the lock is lost.
 * @throws PurgeError, ApiError, HelmError before anything is changed
 */
export async function runPurgeRestore(
  target: RestoreTarget,
  options: PurgeRestoreOptions,
  io: CommandIo,
): Promise<ExitCode> {
  if (!options.dryRun && !options.yes && io.stdin.isTTY !== true) {
    throw new PurgeError('NOT_CONFIRMED', 'purge restore asks before it changes anything, and there is no terminal', {
      isTerminal: true,
      remedy: 'Look at purge restore --dry-run, then add --yes. Nothing was changed.',
    });
  }
  const connection = await openPurgeConnection(options, io);
  try {
    return await lookAskRestore(connection, { target, options, io });
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.stderr.write('interrupted; nothing was changed\n');
    return ExitCode.interrupted;
  } finally {
    await connection.close();
  }
}

interface Call {
  readonly target: RestoreTarget;
  readonly options: PurgeRestoreOptions;
  readonly io: CommandIo;
}

async function lookAskRestore(connection: PurgeConnection, call: Call): Promise<ExitCode> {
  const { target, options, io } = call;
  const { client, operator } = connection;
  const { kubeconfig, concurrency = defaultRestoreConcurrency } = options;
  const directory = runsDirectory(io.config.stateHome);
  const run = await readRestoreRun({ client, directory, signal: io.signal }, target.run);
  const policy = await policyOf(run, connection, call);
  const lines = commandLines({ kubeconfig, context: client.isInCluster ? undefined : client.context });
  const serviceAccount = accountOf(run, { call, policy, lines });
  const lock = newPurgeLock(client, { operator, identity: identityByHand() });
  const fence = fenceBy(() => lock.assertHeld(), client);
  const version = await requireHelm(helmFor(client, io, { kubeconfig, maxProcesses: 1 }), purgeMinimum);
  const deps: RestoreDeps = {
    client: fence.client,
    discovery: new Discovery(client),
    helm: helmFor(client, io, { kubeconfig, maxProcesses: concurrency, ...fence.helm }),
    isHelm3: version.major < 4,
    serviceAccount,
    allowedKinds: policy?.allowedKinds ?? noKinds,
    releaseTimeoutMs: policy?.releaseTimeoutMs ?? defaultTimeoutMs,
    clock: systemClock,
    lines,
  };
  const request: RestoreRequest = { run, ...(target.releases.length === 0 ? {} : { only: target.releases }) };
  io.stderr.write(`run ${run.run} of policy ${run.policy}, context ${client.context}, server ${client.server}\n`);
  io.stderr.write(`acting as the serviceAccount ${serviceAccount} of each namespace\n`);
  const planned = await planRestore(deps, request, { concurrency, signal: io.signal });
  const { restorable } = planned.counts;
  if (options.dryRun || restorable === 0) {
    if (restorable === 0) io.stderr.write('nothing to restore\n');
    print(planned, call);
    return exitCodeOf(planned);
  }
  if (!options.yes && !(await isConfirmed(planned, io))) {
    io.stderr.write('not confirmed; nothing was changed\n');
    return ExitCode.interrupted;
  }
  const held = await acquireByHand(lock, { operator, io });
  try {
    const report = await runRestore(deps, request, {
      concurrency,
      signal: AbortSignal.any([io.signal, held.signal]),
      forceSignal: AbortSignal.any([io.forceSignal, held.signal]),
      ...(io.stderr.isTTY === true ? { onOutcome: (outcome) => io.stderr.write(`${restoreLine(outcome)}\n`) } : {}),
    });
    print(report, call);
    return exitCodeOf(report);
  } finally {
    await held.release();
  }
}

const noKinds: readonly AllowedKind[] = [];
/** The policy's default (DESIGN.md §1). */
const defaultTimeoutMs = 300_000;

/** Undefined where it cannot be read: then nothing outside the releases' namespaces is touched. @throws PurgeError of a file */
async function policyOf(
  run: RecordedRun,
  { client }: PurgeConnection,
  { options, io }: Call,
): Promise<PurgeSettings | undefined> {
  if (options.file !== undefined) {
    const policy = await readPolicyFile(options.file);
    if (policy.metadata.name === run.policy) return settingsOf(policy);
    throw new PurgeError(
      'POLICY_INVALID',
      `${options.file} is ${policy.metadata.name}, and the run was of ${run.policy}`,
      {
        isTerminal: true,
        remedy: "Name the run's own policy, or leave -f out. Nothing was changed.",
      },
    );
  }
  try {
    return settingsOf(await readClusterPolicy(client, { name: run.policy, signal: io.signal }));
  } catch (error) {
    if (!(error instanceof PurgeError || isApiError(error, 'API_FORBIDDEN'))) throw error;
    io.stderr.write(
      `note: the policy ${run.policy} cannot be read (${errorText(error)}): nothing outside the releases' namespaces is brought back\n`,
    );
    return undefined;
  }
}

/** Nobody's own rights do: whoever writes Secrets in a namespace writes what helm does there (DESIGN.md P1). @throws PurgeError */
function accountOf(
  run: RecordedRun,
  {
    call,
    policy,
    lines,
  }: { readonly call: Call; readonly policy: PurgeSettings | undefined; readonly lines: CommandLines },
): string {
  const { options, target } = call;
  const account = options.serviceAccount ?? run.serviceAccount ?? policy?.serviceAccount;
  if (account !== undefined) return account;
  const [first] = [...target.releases, ...run.undo];
  throw new PurgeError('RESTORE_ACCOUNT_MISSING', `the run ${run.run} acted as no serviceAccount`, {
    isTerminal: true,
    remedy: `Name with --service-account NAME one that each release's namespace has and that may do there what the charts need. To make one: ${accountLines(first?.namespace ?? 'NAMESPACE', lines)}. Nothing was changed.`,
  });
}

/** An account with all that is a namespace's own, and nothing beyond it. */
function accountLines(namespace: string, lines: CommandLines): string {
  const account = `${namespace}:restorer`;
  return [
    ['create', 'serviceaccount', 'restorer', '--namespace', namespace],
    [
      'create',
      'rolebinding',
      'restorer',
      '--namespace',
      namespace,
      '--clusterrole',
      'admin',
      '--serviceaccount',
      account,
    ],
  ]
    .map((words) => lines.kubectl(words))
    .join(' && ');
}

function isConfirmed(planned: RestoreReport, io: CommandIo): Promise<boolean> {
  const { counts, context, server } = planned;
  const [what, also] = [counted(counts.restorable, 'release'), counts.refused + counts.failed];
  io.stderr.write(`\n${restoreTable(planned, { isWide: false })}\n`);
  const text =
    `This brings back ${what} in ${context} (${server})${also === 0 ? '' : `; ${also} cannot be brought back`}.\n` +
    `Type the number of releases to go on: `;
  return confirmCount(io, { text, count: counts.restorable });
}

function print(report: RestoreReport, { options, io }: Call): void {
  writeOutput(io.stdout, options.output, { data: report, table: (format) => restoreTable(report, format) });
  for (const line of restoreSummary(report)) io.stderr.write(`${line}\n`);
}

function exitCodeOf({ stoppedBy, counts }: RestoreReport): ExitCode {
  if (stoppedBy === 'interrupted') return ExitCode.interrupted;
  if (stoppedBy === 'lock-lost') return ExitCode.locked;
  return counts.refused + counts.failed + counts.notStarted > 0 ? ExitCode.someFailed : ExitCode.done;
}

// `bookstore-operator run`: the operator, until it is told to stop.
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { PurgePolicy } from '../api/v1alpha1/purge-policy.ts';
import { operatorMinimum, requireHelm } from '../helm/version.ts';
import { startProbeServer } from '../http/probe-server.ts';
import type { KubeClient } from '../kube/client.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { openClient } from '../kube/open-client.ts';
import { systemClock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import { Operator } from '../operator/operator.ts';
import { readPolicyFile } from '../purge/policy-file.ts';
import { settingsOf } from '../purge/settings.ts';
import type { Nightly } from '../schedule/nightly.ts';
import { createLogger, type Logger, type LogLevel, logLevels } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { helmDriver } from '../uninstall/helm-driver.ts';
import { loadWatches } from '../watches/load.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import { fieldsWithoutEffect } from '../watches/without-effect.ts';
import type { CommandHost, CommandIo } from './command.ts';
import { watchNamespaces } from './config.ts';
import { ExitCode } from './exit-code.ts';
import { packageRoot } from './package-root.ts';
import { durationMs, wholeNumber } from './parse-options.ts';
import { startPurgeSchedule } from './purge-schedule.ts';
import { helmFor, operatorIdentity } from './purge-session.ts';
import { meterEvents, meterRequests, serveMetrics } from './run-metrics.ts';
import { packageVersion } from './version.ts';

/** Options of the command. */
export interface RunOptions {
  readonly watchesFile?: string;
  readonly allowMissingEnv?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly maxConcurrentReconciles: number;
  /** Milliseconds. */
  readonly reconcilePeriod?: number;
  readonly healthProbeBindAddress: string;
  readonly metricsBindAddress: string;
  readonly logLevel: LogLevel;
  /** A PurgePolicy document whose schedule is followed. */
  readonly purgePolicy?: string;
  readonly operatorNamespace?: string;
}

/** helm's own limit; more processes at once gain nothing on two cores, and each holds 67 MB. */
const defaultWorkers = 4;

/** Adds the command to the program. */
export function addRunCommand({ parent, io, complete }: CommandHost): void {
  parent
    .command('run')
    .description('run the operator: keep the releases equal to the resources that watches.yaml names')
    .option('--watches-file <file>', 'kind → chart (default: ./watches.yaml, else the one shipped)')
    .option('--allow-missing-env', 'a $VAR in watches.yaml that is not set is empty instead of an error')
    .option('--kubeconfig <file>', 'kubeconfig (default: $KUBECONFIG, ~/.kube/config, or the pod)')
    .option('--context <name>', 'context of the kubeconfig')
    .option(
      '--max-concurrent-reconciles <n>',
      'resources of a kind worked on at once',
      wholeNumber(1, 100),
      defaultWorkers,
    )
    .option(
      '--reconcile-period <duration>',
      'look at each resource again after this long (default: only when something happens)',
      durationMs,
    )
    .option('--health-probe-bind-address <address>', 'where /healthz and /readyz answer; 0 for nowhere', ':8081')
    .option('--metrics-bind-address <address>', 'where /metrics answers, to tokens that may get it; 0 for nowhere', '0')
    .option('--purge-policy <file>', 'PurgePolicy document: purge at its schedule, in its zone')
    .option('--operator-namespace <name>', "the operator's namespace, which is never purged (default: $POD_NAMESPACE)")
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(logLevels).default('info'))
    .action((options: RunOptions) => complete(runOperator(options, io)));
}

/** Runs until the first signal, then drains; the second gives up what is in flight. */
export async function runOperator(options: RunOptions, io: CommandIo): Promise<ExitCode> {
  const log = createLogger({ level: options.logLevel, destination: io.stderr });
  const entries = await readEntries(options, { io, log });
  const namespaces = watchNamespaces(io.config);
  const policy = options.purgePolicy === undefined ? undefined : await readPolicyFile(options.purgePolicy);
  const metrics = new Metrics();
  const opened = await openClient({
    observe: meterRequests(metrics),
    kubeconfig: options.kubeconfig ?? io.config.kubeconfig,
    context: options.context,
    homeDir: io.config.homeDir,
    userAgent: `bookstore-operator/${packageVersion()}`,
  });
  const { client } = opened;
  const cleanUps = [opened.close];
  try {
    const maxProcesses = options.maxConcurrentReconciles;
    const helm = helmFor(client, io, { kubeconfig: options.kubeconfig, maxProcesses });
    const helmVersion = await requireHelm(helm, operatorMinimum);
    const operator = new Operator({
      entries,
      client,
      helm,
      uninstaller: helmDriver(helm),
      events: new EventRecorder(client, {
        controller: 'bookstore-operator',
        instance: hostname(),
        clock: systemClock,
        onError: (error) => log.warn('event not written', { error: errorText(error) }),
        observe: meterEvents(metrics),
      }),
      clock: systemClock,
      log,
      metrics,
      namespaces,
      workers: options.maxConcurrentReconciles,
    });
    const { healthProbeBindAddress: address } = options;
    if (address !== '0') {
      const probes = await startProbeServer({ address, waitingFor: () => operator.waitingFor });
      cleanUps.push(() => probes.stop());
    }
    const metricsServer = await serveMetrics(options.metricsBindAddress, metrics, opened);
    if (metricsServer !== undefined) cleanUps.push(() => metricsServer.stop());
    if (policy !== undefined) {
      const schedule = startSchedule(policy, { options, client, log, io });
      cleanUps.push(() => schedule.stop());
    }
    log.info('operator started', {
      version: packageVersion(),
      helm: helmVersion.text,
      server: client.server,
      kinds: entries.map(({ gvk }) => gvk.kind),
    });
    await operator.run({ stop: io.signal, cancel: io.forceSignal });
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
  log.info('operator stopped');
  return ExitCode.done;
}

function startSchedule(
  policy: PurgePolicy,
  context: { readonly options: RunOptions; readonly client: KubeClient; readonly log: Logger; readonly io: CommandIo },
): Nightly {
  const { options, client, log, io } = context;
  const maxProcesses = settingsOf(policy).concurrency;
  return startPurgeSchedule(policy, {
    client,
    uninstaller: helmDriver(helmFor(client, io, { kubeconfig: options.kubeconfig, maxProcesses })),
    operator: operatorIdentity(io.config, options.operatorNamespace),
    clock: systemClock,
    log: log.with({ component: 'purge' }),
  });
}

async function readEntries(
  options: RunOptions,
  context: { readonly io: CommandIo; readonly log: Logger },
): Promise<readonly WatchEntry[]> {
  const { io, log } = context;
  const here = resolve('watches.yaml');
  const file = options.watchesFile ?? (existsSync(here) ? here : join(packageRoot, 'watches.yaml'));
  const entries = await loadWatches(file, {
    env: io.config.env,
    allowMissingEnv: options.allowMissingEnv === true,
  });
  for (const entry of entries) {
    for (const field of fieldsWithoutEffect(entry))
      log.warn('field has no effect yet', { kind: entry.gvk.kind, field });
  }
  const period = options.reconcilePeriod === 0 ? undefined : options.reconcilePeriod;
  return period === undefined
    ? entries
    : entries.map((entry) => ({ ...entry, reconcilePeriodMs: entry.reconcilePeriodMs ?? period }));
}

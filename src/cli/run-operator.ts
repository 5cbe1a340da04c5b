// The operator as a process: everything wired, run until it is told to stop, and taken down in reverse.
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { PurgePolicy } from '../api/v1alpha1/purge-policy.ts';
import { operatorMinimum, requireHelm } from '../helm/version.ts';
import { startProbeServer } from '../http/probe-server.ts';
import { Discovery } from '../kube/discovery.ts';
import { electorIdentity } from '../kube/elector-identity.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import type { LeaderElection } from '../kube/leader-election.ts';
import { type OpenClient, openClient } from '../kube/open-client.ts';
import { systemClock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import { InFlight } from '../lib/in-flight.ts';
import { alone } from '../operator/leadership.ts';
import { Operator } from '../operator/operator.ts';
import { readPolicyFile } from '../purge/policy/policy-file.ts';
import { defaultHelmProcesses, settingsOf } from '../purge/policy/settings.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { checkedUninstaller } from '../uninstall/checked-uninstaller.ts';
import { chosenDriver } from '../uninstall/choose-driver.ts';
import { helmDriver } from '../uninstall/helm-driver.ts';
import { nativeDriver } from '../uninstall/native-driver.ts';
import { loadWatches } from '../watches/load.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import { fieldsWithoutEffect } from '../watches/without-effect.ts';
import type { CommandIo } from './command.ts';
import { inPod, watchNamespaces } from './config.ts';
import { ExitCode } from './exit-code.ts';
import { packageRoot } from './package-root.ts';
import { purgeDriver } from './purge-driver.ts';
import { newPurgeLock, purgeLeaseName } from './purge-lock.ts';
import { requireSchedule } from './purge-schedule.ts';
import { helmFor, operatorIdentity } from './purge-session.ts';
import { alsoBy, fenceOf, newElection } from './run-leadership.ts';
import { meterEvents, meterHelm, meterNights, meterRequests, serveMetrics } from './run-metrics.ts';
import { runNights } from './run-nights.ts';
import type { RunOptions } from './run-options.ts';
import type { Notice } from './scaffold-flags.ts';
import { keepHeapSmall } from './small-heap.ts';
import { packageVersion } from './version.ts';

/** What the parts of one run share. */
interface Wiring {
  readonly options: RunOptions;
  readonly io: CommandIo;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly opened: OpenClient;
  /** Absent: this replica is alone. */
  readonly election: LeaderElection | undefined;
  /** The purge's nights. */
  readonly nights: InFlight;
}

/** Runs until the first signal, then drains; the second gives up what is in flight. */
export async function runOperator(
  options: RunOptions,
  { io: given, notices }: { readonly io: CommandIo; readonly notices: readonly Notice[] },
): Promise<ExitCode> {
  keepHeapSmall();
  const log = createLogger({ level: options.logLevel, destination: given.stderr });
  for (const { flag, meaning } of notices) log.warn('flag means something else here', { flag, meaning });
  const entries = await readEntries(options, { io: given, log });
  const namespaces = watchNamespaces(given.config);
  const policy = await readPolicy(options);
  const metrics = new Metrics();
  const opened = await openClient({
    observe: meterRequests(metrics),
    kubeconfig: options.kubeconfig ?? given.config.kubeconfig,
    context: options.context,
    homeDir: given.config.homeDir,
    userAgent: `bookstore-operator/${packageVersion()}`,
  });
  const io = options.operatorNamespace === undefined ? { ...given, config: inPod(given.config, opened.client) } : given;
  const cleanUps = [opened.close];
  try {
    const { kubeconfig } = options;
    const helmVersion = await requireHelm(helmFor(opened.client, io, { kubeconfig, maxProcesses: 1 }), operatorMinimum);
    const election = options.leaderElect ? openElection() : undefined;
    const nights = new InFlight();
    const wiring: Wiring = { options, io, log, metrics, opened, election, nights };
    const operator = newOperator(wiring, { entries, namespaces });
    function openElection(): LeaderElection {
      const namespace =
        options.leaderElectionNamespace ?? operatorIdentity(io.config, options.operatorNamespace).namespaces[0];
      const lease = { namespace: namespace ?? '', name: options.leaderElectionId };
      const settled = async (): Promise<void> => {
        await Promise.all([operator.settled(), nights.settled()]);
      };
      return newElection({ client: opened.client, ...lease, log, metrics, settled });
    }
    cleanUps.push(...(await serve(wiring, operator)));
    log.info('operator started', {
      version: packageVersion(),
      helm: helmVersion.text,
      server: opened.client.server,
      kinds: entries.map(({ gvk }) => gvk.kind),
    });
    await runToTheEnd(wiring, { operator, policy });
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
  log.info('operator stopped');
  return ExitCode.done;
}

async function runToTheEnd(
  wiring: Wiring,
  parts: { readonly operator: Operator; readonly policy: PurgePolicy | undefined },
): Promise<void> {
  const { io, election } = wiring;
  const drained = new AbortController();
  const electing = election?.run(drained.signal);
  const purging = parts.policy === undefined ? undefined : purgeNights(wiring, parts.policy);
  try {
    await Promise.all([parts.operator.run({ stop: io.signal, cancel: io.forceSignal }), purging]);
  } finally {
    drained.abort(); // only now: what was in flight could still act, and the Lease is free at once
    await electing;
  }
}

/** How long helm has to say which delete hook is late, before it is ended: as it has for an upgrade. */
const hookGraceMs = 30_000;

function newOperator(
  wiring: Wiring,
  watched: { readonly entries: readonly WatchEntry[]; readonly namespaces: readonly string[] },
): Operator {
  const { options, io, log, metrics, opened, election } = wiring;
  const { kubeconfig, maxConcurrentReconciles: workers } = options;
  const { helm: helmFence, client } = fenceOf(election, opened.client);
  const observe = meterHelm(metrics);
  const helm = helmFor(opened.client, io, { kubeconfig, maxProcesses: workers, observe, ...helmFence });
  const byHelm = helmDriver(helm, { graceMs: hookGraceMs });
  const driver = chosenDriver('auto', { native: nativeDriver(client), helm: byHelm });
  return new Operator({
    ...watched,
    client,
    helm,
    uninstaller: checkedUninstaller({ client, discovery: new Discovery(client), driver }),
    unproved: byHelm,
    events: new EventRecorder(opened.client, {
      controller: 'bookstore-operator',
      instance: hostname(),
      clock: systemClock,
      onError: (error) => log.warn('event not written', { error: errorText(error) }),
      observe: meterEvents(metrics),
    }),
    clock: systemClock,
    log,
    metrics,
    workers,
    leadership: election ?? alone,
  });
}

/** Starts probes and metrics; gives back how to end them. */
async function serve(wiring: Wiring, operator: Operator): Promise<(() => Promise<void>)[]> {
  const { options, metrics, opened, election } = wiring;
  const probes =
    options.healthProbeBindAddress === '0'
      ? undefined
      : await startProbeServer({
          address: options.healthProbeBindAddress,
          waitingFor: () => [...operator.waitingFor, ...(election?.waitingFor ?? [])],
          role: () => (election === undefined || election.isLeading ? 'leading' : 'standby'),
        });
  try {
    const { metricsBindAddress: address, metricsSecure: isSecure } = options;
    const metricsServer = await serveMetrics({ address, isSecure }, metrics, opened);
    return [probes, metricsServer].flatMap((server) => (server === undefined ? [] : [() => server.stop()]));
  } catch (error) {
    await probes?.stop();
    throw error;
  }
}

function purgeNights(wiring: Wiring, policy: PurgePolicy): Promise<void> {
  const { options, io, log, metrics, opened, election } = wiring;
  const operator = operatorIdentity(io.config, options.operatorNamespace);
  const lock = newPurgeLock(opened.client, { operator, identity: electorIdentity(hostname()) });
  const { helm: helmFence, client } = alsoBy(() => lock.assertHeld(), fenceOf(election, opened.client));
  const { concurrency: maxProcesses = defaultHelmProcesses, policyName } = settingsOf(policy);
  const observe = meterHelm(metrics);
  const helm = helmFor(opened.client, io, { kubeconfig: options.kubeconfig, maxProcesses, observe, ...helmFence });
  metrics.onScrape(() => metrics.purgeLock.set({ lease: purgeLeaseName }, lock.isHeld ? 1 : 0));
  const deps = {
    ...purgeDriver('auto', { client, helm }),
    operator,
    file: options.purgePolicy,
    lock,
    observe: meterNights(metrics, policyName),
    records: { client: opened.client, stateHome: io.config.stateHome },
    clock: systemClock,
    log: log.with({ component: 'purge' }),
  };
  const leadership = election ?? alone;
  return runNights(policy, deps, { stop: io.signal, cancel: io.forceSignal, leadership, acting: wiring.nights });
}

async function readPolicy(options: RunOptions): Promise<PurgePolicy | undefined> {
  if (options.purgePolicy === undefined) return undefined;
  const policy = await readPolicyFile(options.purgePolicy);
  requireSchedule(policy);
  return policy;
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
    for (const field of fieldsWithoutEffect(entry)) {
      log.warn('field has no effect yet', { kind: entry.gvk.kind, field });
    }
  }
  const period = options.reconcilePeriod === 0 ? undefined : options.reconcilePeriod;
  return period === undefined
    ? entries
    : entries.map((entry) => ({ ...entry, reconcilePeriodMs: entry.reconcilePeriodMs ?? period }));
}

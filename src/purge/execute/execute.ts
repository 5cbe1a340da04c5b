// Carrying out a plan: bounded in all and per namespace, oldest first, every release ending in an outcome (P6).
import pMap from 'p-map';
import { LeaseLostError } from '../../kube/leader-term.ts';
import type { KnownReleases } from '../../uninstall/known-releases.ts';
import { type LiveReader, listedObjects } from '../../uninstall/listed-objects.ts';
import type { ProvenUninstaller } from '../../uninstall/proven-uninstaller.ts';
import { purgesByNamespace } from '../plan/caps.ts';
import { isBlocked, type PlanEntry, type PurgePlan } from '../plan/plan.ts';
import { recentOwners } from '../plan/release-owners.ts';
import type { PolicyGuard } from '../policy/policy-guard.ts';
import { concurrencyOf } from '../policy/settings.ts';
import { unrecorded } from '../record/recorder.ts';
import { assembleReport, type Outcome, type PurgeReport, type ReleaseOutcome } from '../record/report.ts';
import { runName } from '../record/run-name.ts';
import type { RunRecorder } from '../record/run-recorder.ts';
import { undoableUninstall } from '../restore/undoable-uninstall.ts';
import { installedAgain } from '../verify/installed-again.ts';
import type { Sighting } from '../verify/sighting.ts';
import { verify } from '../verify/verify.ts';
import { type Kept, lookBefore, lookFirst, lookLast } from './look-again.ts';
import { Pace } from './pace.ts';
import { type RecheckDeps, recentSights } from './recheck.ts';
import { RunState } from './run-state.ts';
import { uninstallPatiently } from './uninstall-patiently.ts';
import type { UninstallProvedDeps } from './uninstall-proved.ts';

/** What a run is made with. */
export interface ExecuteDeps extends RecheckDeps {
  /** Need not prove anything: only what is proved gets there. */
  readonly uninstaller: ProvenUninstaller;
  /** Where the run is recorded, begun already; to be finished by the caller. Default: nowhere, and then no way back is made. */
  readonly recorder?: RunRecorder | undefined;
  /** What the plan has read. Default nothing. */
  readonly known?: KnownReleases | undefined;
  /** Stops the run where the policy is suspended or changed. Default: it goes by the policy as it was planned by. */
  readonly guard?: PolicyGuard | undefined;
}

/** How a run goes. */
export interface ExecuteOptions {
  /** Releases at once. Default the policy's, else the driver's. */
  readonly concurrency?: number;
  /** Aborted: what is in flight is finished, nothing more is started. With a `LeaseLostError`, because the lock is lost. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: what is in flight is ended too. */
  readonly forceSignal?: AbortSignal | undefined;
  /** Each release as it begins to go, for progress. */
  readonly onBegin?: (entry: PlanEntry) => void;
  /** Each release as it ends. */
  readonly onOutcome?: (outcome: ReleaseOutcome) => void;
  /** Told when the API server asks for patience, and nothing is started; and when it goes on. */
  readonly onPause?: (isPaused: boolean) => void;
}

/** Runs the plan. Of a blocked plan nothing is started. Never throws for a release: each ends as an outcome in the report. */
export async function executePlan(
  deps: ExecuteDeps,
  plan: PurgePlan,
  options: ExecuteOptions = {},
): Promise<PurgeReport> {
  const { settings, clock } = deps;
  const concurrency = options.concurrency ?? concurrencyOf(settings, deps.uninstaller.driver);
  const startedAtMs = clock.now();
  const startedMs = clock.monotonic();
  const name = runName(plan.policy, { nowMs: startedAtMs, random: Math.random() });
  const { recorder = unrecorded(name) } = deps;
  const onOutcome = (outcome: ReleaseOutcome): void => {
    recorder.settle(outcome);
    options.onOutcome?.(outcome);
  };
  const entries = plan.entries.filter(({ action }) => action === 'purge');
  const run = new RunState(entries, { settings, onOutcome });
  const onAbort = (): void => run.stop(options.signal?.reason instanceof LeaseLostError ? 'lock-lost' : 'interrupted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  if (isBlocked(plan)) run.stop('cap');
  const over = new AbortController();
  const deadline = clock.sleep(settings.deadlineMs, over.signal).then(
    () => run.stop('deadline'),
    () => undefined, // over before
  );
  const uids = new Map(plan.namespaces.map(({ name, uid }) => [name, uid]));
  const pace = new Pace({ clock, heldBackMs: () => deps.client.heldBackMs, onChange: options.onPause });
  const gone = new Map<string, Sighting>();
  const onGone = (one: Sighting): void => void gone.set(`${one.release.namespace}/${one.release.name}`, one);
  // it is the pace that asks again, one for all
  const paced = { ...deps, client: deps.client.impatient() };
  const owners = deps.owners ?? recentOwners(paced);
  const readListed = liveReaderFor(paced, entries);
  const acting = { ...paced, pace, owners, onGone, sights: recentSights(paced), readListed };

  const purgeOne = async (entry: PlanEntry): Promise<void> => {
    if (clock.monotonic() - startedMs >= settings.deadlineMs) run.stop('deadline');
    const outcome = await runOne(acting, {
      entry,
      namespaceUid: uids.get(entry.namespace),
      run,
      signal: options.forceSignal,
      onBegin: options.onBegin,
    });
    run.settle(entry, outcome);
    run.queue.release(entry);
  };
  await pMap(run.queue.take(), purgeOne, { concurrency });
  over.abort();
  await deadline;
  options.signal?.removeEventListener('abort', onAbort);
  const capped = plan.capsHit.map(({ reason }) => reason).join('; ');
  for (const entry of run.queue.rest) {
    run.settle(entry, capped === '' ? run.notStarted(entry) : { result: 'not-started', reason: capped });
  }
  const durationMs = clock.monotonic() - startedMs;
  const { left, unlooked } = await verify(deps, [...gone.values()], options.forceSignal);
  const byAnswers = run.outcomes.filter((one) => one.result === 'purged' && one.driver === 'native');
  const again = await installedAgain(deps.client, byAnswers, options.forceSignal);
  return assembleReport({
    run: recorder.run,
    plan,
    outcomes: run.outcomes,
    left,
    unlooked,
    again,
    driver: deps.uninstaller.driver,
    concurrency,
    startedAtMs,
    durationMs,
    stoppedBy: run.stoppedBy,
  });
}

/** By namespace and kind where many releases of a namespace go natively; helm deletes what it finds: look at each right before. */
function liveReaderFor(
  { client, clock, uninstaller }: Pick<ExecuteDeps, 'client' | 'clock' | 'uninstaller'>,
  entries: readonly PlanEntry[],
): LiveReader | undefined {
  if (uninstaller.driver === 'helm') return undefined;
  return listedObjects({ client, clock, releases: purgesByNamespace(entries) });
}

/** Its client tells a 429 at once. */
interface PacedDeps extends ExecuteDeps, Pick<UninstallProvedDeps, 'onGone' | 'readListed'> {
  readonly pace: Pace;
  readonly sights: ReturnType<typeof recentSights>;
}

interface OneRelease {
  readonly entry: PlanEntry;
  readonly namespaceUid: string | undefined;
  readonly run: RunState;
  readonly signal: AbortSignal | undefined;
  readonly onBegin: ExecuteOptions['onBegin'] | undefined;
}

async function runOne(deps: PacedDeps, one: OneRelease): Promise<Outcome> {
  const startedMs = deps.clock.monotonic();
  const { entry, run, signal } = one;
  const timed = (outcome: Kept): Outcome =>
    outcome.result === 'not-started'
      ? outcome
      : { ...outcome, durationMs: Math.round(deps.clock.monotonic() - startedMs) };
  const look = (read: () => Promise<PlanEntry>) => lookBefore(deps, { ...one, planned: entry, read });
  const kept = await lookFirst(deps, { ...one, planned: entry });
  if (kept !== undefined) return timed(kept);
  one.onBegin?.(entry);
  const uninstall = undoableUninstall(deps, { signal, lastLook: (again) => lookLast(deps, { ...one, entry: again }) });
  return timed(await uninstallPatiently(deps, { entry, uninstall, look, stoppedBy: () => run.stoppedBy }));
}

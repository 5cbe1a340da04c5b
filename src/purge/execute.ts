// Carrying out a plan: bounded in all and per namespace, oldest first, every release ending in an outcome (P6).
import pMap from 'p-map';
import { LeaseLostError } from '../kube/leader-term.ts';
import { errorText } from '../lib/error-text.ts';
import type { ReleaseUninstaller } from '../uninstall/uninstaller.ts';
import { FairQueue } from './fair-queue.ts';
import { isBlocked, type PlanEntry, type PurgePlan } from './plan.ts';
import { changeSincePlan, type RecheckDeps } from './recheck.ts';
import { recentOwners } from './release-owners.ts';
import { assembleReport, type Outcome, type PurgeReport, type ReleaseOutcome, type StopCause } from './report.ts';
import type { Sighting } from './sighting.ts';
import { type UninstallProvedDeps, uninstallProved } from './uninstall-proved.ts';
import { failed } from './uninstall-release.ts';
import { verify } from './verify.ts';

/** What a run is made with. */
export interface ExecuteDeps extends RecheckDeps {
  /** Need not prove anything: only what is proved gets there. */
  readonly uninstaller: ReleaseUninstaller;
}

/** How a run goes. */
export interface ExecuteOptions {
  /** Releases at once. Default the policy's. */
  readonly concurrency?: number;
  /** Aborted: what is in flight is finished, nothing more is started. With a `LeaseLostError`, because the lock is lost. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: what is in flight is ended too. */
  readonly forceSignal?: AbortSignal | undefined;
  /** Each release as it ends, for progress. */
  readonly onOutcome?: (outcome: ReleaseOutcome) => void;
}

/** Runs the plan. Of a blocked plan nothing is started. Never throws for a release: each ends as an outcome in the report. */
export async function executePlan(
  deps: ExecuteDeps,
  plan: PurgePlan,
  options: ExecuteOptions = {},
): Promise<PurgeReport> {
  const { settings, clock } = deps;
  const concurrency = options.concurrency ?? settings.concurrency;
  const startedAtMs = clock.now();
  const startedMs = clock.monotonic();
  const run = new Run(
    plan.entries.filter(({ action }) => action === 'purge'),
    { settings, onOutcome: options.onOutcome },
  );
  const onAbort = (): void => run.stop(options.signal?.reason instanceof LeaseLostError ? 'lock-lost' : 'interrupted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  if (isBlocked(plan)) run.stop('cap');
  const uids = new Map(plan.namespaces.map(({ name, uid }) => [name, uid]));

  const gone = new Map<string, Sighting>();
  const onGone = (one: Sighting): void => void gone.set(`${one.release.namespace}/${one.release.name}`, one);
  const acting = { ...deps, owners: deps.owners ?? recentOwners(deps), onGone };

  const purgeOne = async (entry: PlanEntry): Promise<void> => {
    if (clock.monotonic() - startedMs >= settings.deadlineMs) run.stop('deadline');
    const outcome = await runOne(acting, {
      entry,
      namespaceUid: uids.get(entry.namespace),
      run,
      signal: options.forceSignal,
    });
    run.settle(entry, outcome);
    run.queue.release(entry);
  };
  await pMap(run.queue.take(), purgeOne, { concurrency });
  options.signal?.removeEventListener('abort', onAbort);
  const capped = plan.capsHit.map(({ reason }) => reason).join('; ');
  for (const entry of run.queue.rest) {
    run.settle(entry, capped === '' ? run.notStarted() : { result: 'not-started', reason: capped });
  }
  const durationMs = clock.monotonic() - startedMs;
  return assembleReport({
    plan,
    outcomes: run.outcomes,
    left: await verify(deps, [...gone.values()], options.forceSignal),
    driver: deps.uninstaller.driver,
    concurrency,
    startedAtMs,
    durationMs,
    stoppedBy: run.stoppedBy,
  });
}

interface OneRelease {
  readonly entry: PlanEntry;
  readonly namespaceUid: string | undefined;
  readonly run: Run;
  readonly signal: AbortSignal | undefined;
}

async function runOne(
  deps: ExecuteDeps & Pick<UninstallProvedDeps, 'onGone'>,
  { entry, namespaceUid, run, signal }: OneRelease,
): Promise<Outcome> {
  const startedMs = deps.clock.monotonic();
  if (run.stoppedBy !== undefined) return run.notStarted();
  const elapsedMs = (): number => Math.round(deps.clock.monotonic() - startedMs);
  let change: string | undefined;
  try {
    change = await changeSincePlan(deps, { entry, namespaceUid });
  } catch (error) {
    const text = `it could not be looked at again, so it is kept: ${errorText(error)}`;
    return { ...failed(error, { message: text, record: 'unknown' }), durationMs: elapsedMs() };
  }
  if (change !== undefined) return { result: 'skipped', reason: change, durationMs: elapsedMs() };
  if (run.stoppedBy !== undefined) return run.notStarted();
  return { ...(await uninstallProved(deps, entry, signal)), durationMs: elapsedMs() };
}

const stopReasons: Readonly<Record<StopCause, string>> = {
  cap: 'a cap of the run was hit',
  interrupted: 'the run was interrupted',
  deadline: "the run's deadline had passed",
  'lock-lost': "the run's Lease was lost: another purge may be at work",
  failures: 'too many releases failed one after another (maxConsecutiveFailures)',
};

/** The state of one run. */
class Run {
  readonly queue: FairQueue<PlanEntry>;
  readonly outcomes: ReleaseOutcome[] = [];
  stoppedBy: StopCause | undefined;
  readonly #maxConsecutiveFailures: number;
  readonly #onOutcome: ExecuteOptions['onOutcome'] | undefined;
  #failuresInARow = 0;

  constructor(
    entries: readonly PlanEntry[],
    { settings, onOutcome }: { settings: ExecuteDeps['settings']; onOutcome: ExecuteOptions['onOutcome'] | undefined },
  ) {
    this.#onOutcome = onOutcome;
    this.queue = new FairQueue(entries, { perNamespace: settings.perNamespace });
    this.#maxConsecutiveFailures = settings.limits.maxConsecutiveFailures;
  }

  stop(cause: StopCause): void {
    this.stoppedBy ??= cause;
    this.queue.close();
  }

  notStarted(): Outcome {
    return { result: 'not-started', reason: stopReasons[this.stoppedBy ?? 'interrupted'] };
  }

  settle(entry: PlanEntry, outcome: Outcome): void {
    const { namespace, name, revision, chart, leaves } = entry;
    const settled = {
      namespace,
      name,
      revision,
      ...(chart === undefined ? {} : { chart }),
      ...(leaves === undefined ? {} : { leaves }),
      ...outcome,
    };
    this.outcomes.push(settled);
    if (outcome.result === 'purged') this.#failuresInARow = 0;
    if (outcome.result === 'failed') this.#failuresInARow += 1;
    if (this.#failuresInARow >= this.#maxConsecutiveFailures) this.stop('failures');
    this.#onOutcome?.(settled);
  }
}

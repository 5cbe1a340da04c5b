// One scheduled run: the same plan and the same execution as by hand, told to the log instead of to a terminal.

import { KnownReleases } from '../uninstall/known-releases.ts';
import type { HeldPurgeLock, PurgeLock } from './lock/purge-lock.ts';
import { makePlan } from './plan/make-plan.ts';
import { isBlocked, type PurgePlan, selectedNamespaces } from './plan/plan.ts';
import { executeRecorded, type RecordedDeps } from './record/record-run.ts';
import type { PurgeReport, ReleaseOutcome } from './record/report.ts';
import { sweepUndo } from './restore/sweep-undo.ts';

/** Where a night tells what it does: constant message, key-values. */
export interface PurgeLog {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** What a night is made with. */
export interface NightDeps extends RecordedDeps {
  readonly log: PurgeLog;
  readonly lock: Pick<PurgeLock, 'acquire'>;
  /** Aborted: what is in flight is ended too. */
  readonly forceSignal?: AbortSignal | undefined;
}

/** How a night ended: as its report says, or without one. */
export type NightEnd = PurgeReport | 'planned' | 'suspended' | 'interrupted';

/**
 * Runs one night. `DryRun` plans and tells; `Enforce` takes the lock, plans and purges. A purge at work elsewhere is waited
 * for, until `startingDeadlineSeconds` are over. `signal` aborted: what is in flight is finished, nothing more is started.
 * @throws ApiError where the plan cannot be made, PurgeError where the lock is not to be had: then nothing was deleted
 */
export async function runNight(deps: NightDeps, signal: AbortSignal): Promise<NightEnd> {
  const { settings, log } = deps;
  const policy = settings.policyName;
  if (settings.isSuspended) {
    log.info('purge is suspended', { policy });
    return 'suspended';
  }
  if (settings.mode === 'DryRun') {
    return (await planAndTell(deps, signal)) === undefined ? 'interrupted' : 'planned';
  }
  const held = await unlessStopped(deps, signal, () => takeLock(deps, signal));
  if (held === undefined) return 'interrupted';
  try {
    return await enforce(deps, { signal, held });
  } finally {
    await held.release();
  }
}

async function enforce(
  deps: NightDeps,
  { signal, held }: { readonly signal: AbortSignal; readonly held: HeldPurgeLock },
): Promise<NightEnd> {
  const { settings, log } = deps;
  const policy = settings.policyName;
  const known = new KnownReleases();
  const plan = await planAndTell({ ...deps, known }, signal);
  if (plan === undefined) return 'interrupted';
  if (!isBlocked(plan)) await sweepAndTell(deps, plan, held.signal); // where a cap is hit nothing at all is deleted
  const records = { ...deps.records, lock: held.lease };
  const report = await executeRecorded({ ...deps, known, records }, plan, {
    signal: AbortSignal.any([signal, held.signal]),
    forceSignal: deps.forceSignal === undefined ? held.signal : AbortSignal.any([deps.forceSignal, held.signal]),
    ...(isBlocked(plan) ? {} : { onOutcome: (outcome: ReleaseOutcome) => tellOutcome(outcome, log) }),
    onPause: (isPaused) => {
      if (isPaused) log.warn('purge waits: the API server asks for patience', { policy });
      else log.info('purge goes on', { policy });
    },
  });
  if (isBlocked(plan) || plan.counts.purge === 0) return report; // all is told
  const { counts, durationMs, stoppedBy, run } = report;
  const isClean = counts.failed + counts.notStarted === 0;
  log[isClean ? 'info' : 'warn']('purge done', {
    policy,
    run,
    ...counts,
    durationMs,
    ...(stoppedBy ? { stoppedBy } : {}),
  });
  return report;
}

async function sweepAndTell(deps: NightDeps, plan: PurgePlan, signal: AbortSignal): Promise<void> {
  const { settings, log } = deps;
  const { removed, warnings } = await sweepUndo(deps, { namespaces: selectedNamespaces(plan), signal });
  const policy = settings.policyName;
  if (removed > 0) log.info('expired undo copies removed', { policy, removed });
  for (const warning of warnings) log.warn('purge warning', { policy, warning });
}

/** Waits with the log: who purges, once for each. */
function takeLock({ lock, settings, log }: NightDeps, signal: AbortSignal): Promise<HeldPurgeLock> {
  return lock.acquire({
    withinMs: Math.max(settings.startingDeadlineMs, 1_000), // taking what is free takes a moment too
    isPatient: true,
    signal,
    onWaiting: (holder) =>
      log.info('purge waits for its lock', {
        policy: settings.policyName,
        holder: holder?.identity ?? 'nobody known',
        since: holder?.since ?? 'unknown',
      }),
    onNowhere: (error) => log.warn('purge without a lock', { policy: settings.policyName, reason: error.message }),
  });
}

async function planAndTell(deps: NightDeps, signal: AbortSignal): Promise<PurgePlan | undefined> {
  const plan = await unlessStopped(deps, signal, () => makePlan(deps, { signal }));
  if (plan !== undefined) tellPlan(plan, deps);
  return plan;
}

async function unlessStopped<T>(deps: NightDeps, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    deps.log.info('purge interrupted, nothing was deleted', { policy: deps.settings.policyName });
    return undefined;
  }
}

function tellPlan(plan: PurgePlan, { settings, log }: NightDeps): void {
  const { policy, counts } = plan;
  log.info('purge planned', { policy, mode: settings.mode, ...counts });
  for (const { name, state, reason } of plan.namespaces) {
    if (state !== 'selected') log.warn('namespace left out of the purge', { policy, namespace: name, state, reason });
  }
  for (const { namespace, name, action, rule, reason, isDoubtful } of plan.entries) {
    const fields = { policy, release: `${namespace}/${name}`, action, rule, reason };
    log[isDoubtful === true ? 'warn' : 'info']('release planned', fields);
  }
  for (const warning of plan.warnings) log.warn('purge warning', { policy, warning });
  for (const { cap, limit, found, reason } of plan.capsHit) {
    log.error('purge blocked by a cap, nothing is deleted', { policy, cap, limit, found, reason });
  }
}

function tellOutcome({ namespace, name, ...outcome }: ReleaseOutcome, log: PurgeLog): void {
  const fields = { release: `${namespace}/${name}`, ...outcome };
  if (outcome.result === 'failed') log.error('release not purged', fields);
  else log.info('release settled', fields);
}

// The looks at one release while a run is at work (P5): before anything is begun, and once more right before it goes.
import { errorText } from '../../lib/error-text.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { PolicyGuard } from '../policy/policy-guard.ts';
import { stopReasons } from '../record/report.ts';
import type { Pace } from './pace.ts';
import { changeSincePlan, type RecheckDeps, type recentSights, touchedSincePlan } from './recheck.ts';
import type { NotStarted, RunState } from './run-state.ts';
import { failed, type UninstallOutcome } from './uninstall-release.ts';

/** What looking takes. Its client tells a 429 at once: it is the pace that asks again. */
export interface LookDeps extends RecheckDeps {
  readonly pace: Pace;
  readonly guard?: PolicyGuard | undefined;
}

/** At what is looked, in which run. */
export interface LookTarget {
  readonly namespaceUid: string | undefined;
  readonly run: RunState;
}

/** What keeps a release after all: it is not touched. */
export type Kept = UninstallOutcome | NotStarted;

/**
 * Before a release is begun: the records, what keeps it, the policy itself last, as all of its namespace was a moment ago;
 * {@link lookLast} looks anew. Undefined where it goes. Nothing is started in a run that is stopping. Never throws.
 */
export function lookFirst(
  deps: LookDeps & { readonly sights: ReturnType<typeof recentSights> },
  target: LookTarget & { readonly planned: PlanEntry },
): Promise<Kept | undefined> {
  // whoever asks for all whether the server has time again must ask it
  const sight = () => (deps.pace.isPaused ? undefined : deps.sights(target.planned.namespace));
  return look(deps, { ...target, read: () => Promise.resolve(target.planned), sight });
}

/** Before it is begun again: as {@link lookFirst}, but anew. `read` gives the entry as it is to be found. */
export function lookBefore(
  deps: LookDeps,
  target: LookTarget & { readonly planned: PlanEntry; readonly read: () => Promise<PlanEntry> },
): Promise<Kept | undefined> {
  return look(deps, target);
}

async function look(
  deps: LookDeps,
  target: LookTarget & {
    readonly planned: PlanEntry;
    readonly read: () => Promise<PlanEntry>;
    readonly sight?: SightToUse;
  },
): Promise<Kept | undefined> {
  const { planned, run, read } = target;
  const signal = run.stopping;
  if (signal.aborted) return run.notStarted(planned);
  try {
    const entry = await deps.pace.ask(read, { signal });
    const change = await changeOrStop(deps, { ...target, entry, signal });
    if (change !== undefined) return { result: 'skipped', reason: change };
  } catch (error) {
    if (!signal.aborted) return unlooked(error);
  }
  return signal.aborted ? run.notStarted(planned) : undefined;
}

/** Of a release that is proved: what ends the run ends it as well only where the policy no longer has it so. */
const policyStops: ReadonlySet<string> = new Set(['suspended', 'policy-changed']);

/**
 * When all is proved and copied, which takes its time, and nothing is deleted yet: whatever was said against it meanwhile
 * counts. A run that is stopping ends what it has begun, unless it is the policy that stops it. Never throws.
 */
export async function lookLast(
  deps: LookDeps,
  target: LookTarget & { readonly entry: PlanEntry; readonly signal: AbortSignal | undefined },
): Promise<Kept | undefined> {
  const { run, entry, signal } = target;
  try {
    const change = await changeOrStop(deps, target);
    if (change === touchedSincePlan) return changedWhileProved(entry);
    if (change !== undefined) return { result: 'skipped', reason: change };
  } catch (error) {
    return signal?.aborted === true ? interrupted : unlooked(error);
  }
  const { stoppedBy } = run;
  return stoppedBy === undefined || !policyStops.has(stoppedBy)
    ? undefined
    : { result: 'not-started', reason: stopReasons[stoppedBy] };
}

/** How a release ends that was looked at when all was ended. */
export const interrupted: UninstallOutcome = {
  result: 'failed',
  code: 'INTERRUPTED',
  message: 'the run was ended while the release was looked at; nothing of it was touched',
  record: 'left',
};

/** Asked when it is looked; undefined: all is looked at anew. */
type SightToUse = () => ReturnType<ReturnType<typeof recentSights>> | undefined;

/** The change, if any; the policy stops the run by itself. @throws ApiError where something cannot be read */
async function changeOrStop(
  deps: LookDeps,
  {
    run,
    entry,
    namespaceUid,
    sight,
    signal,
  }: LookTarget & { readonly entry: PlanEntry; readonly sight?: SightToUse; readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  const { pace, guard } = deps;
  const change = await pace.ask(() => changeSincePlan(deps, { entry, namespaceUid }, sight?.()), { signal });
  if (change !== undefined || guard === undefined) return change;
  const stop = await pace.ask(() => guard.stop(signal), { signal });
  if (stop !== undefined) run.stop(stop);
  return undefined;
}

function unlooked(error: unknown): UninstallOutcome {
  const message = `it could not be looked at again, so it is kept: ${errorText(error)}`;
  return failed(error, { message, record: 'unknown' });
}

function changedWhileProved({ namespace, name }: PlanEntry): UninstallOutcome {
  return {
    result: 'skipped',
    code: 'RECORD_CHANGED',
    reason: `release ${namespace}/${name} is not uninstalled: its records were changed while it was proved`,
    remedy: 'Look at helm history, and purge again.',
  };
}

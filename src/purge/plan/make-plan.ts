// Making the plan: select, list, decide by metadata, cap, read the records of what is left, freeze (DESIGN.md §5).
import pMap from 'p-map';
import { Discovery } from '../../kube/discovery.ts';
import { maxTimerMs } from '../../lib/clock.ts';
import { PurgeError } from '../errors.ts';
import { keepsOfNobody } from '../keep/keep.ts';
import { type InspectDeps, inspectRelease } from './inspect.ts';
import { assemblePlan } from './judge.ts';
import type { PlanEntry, PurgePlan } from './plan.ts';
import { type PlanDeps, type PlanOptions, planReads, survey } from './survey.ts';

/**
 * Makes a plan and changes nothing. The bodies of records are read only of releases that would go and only if no cap of
 * the run is hit: a reading can only keep more, so no cap is missed. It takes no longer than the run may (`deadline`).
 * @throws ApiError: never a plan of half a cluster; PurgeError `PLAN_TIMEOUT`
 */
export async function makePlan(deps: PlanDeps, options: PlanOptions = {}): Promise<PurgePlan> {
  const { deadlineMs, policyName } = deps.settings;
  const timeUp = AbortSignal.timeout(Math.min(deadlineMs, maxTimerMs));
  const signal = options.signal === undefined ? timeUp : AbortSignal.any([options.signal, timeUp]);
  try {
    return await planWithin(deps, { ...options, signal });
  } catch (error) {
    if (!timeUp.aborted || options.signal?.aborted === true) throw error;
    const message = `the plan of ${policyName} was not made within the policy's deadline (${deadlineMs / 1000} s)`;
    throw new PurgeError('PLAN_TIMEOUT', message, {
      cause: error,
      isTerminal: false,
      remedy:
        'Look for a namespace with very many or very large records of Helm: -n takes one at a time. Nothing was deleted.',
    });
  }
}

async function planWithin(deps: PlanDeps, options: PlanOptions): Promise<PurgePlan> {
  const { client, settings } = deps;
  const { signal } = options;
  const { nowMs, selection, listings, capped } = await survey(deps, options);
  const entries =
    capped.capsHit.length > 0
      ? capped.entries
      : await readContents({ client, settings, discovery: new Discovery(client) }, capped.entries, signal);
  return assemblePlan({
    policy: settings.policyName,
    context: client.context,
    server: client.server,
    nowMs,
    selection,
    entries,
    warnings: listings.flatMap(({ namespace, listing }) => {
      const releases = listing.releases.map(({ name }) => name);
      return keepsOfNobody(namespace, namespace.name, releases);
    }),
    capsHit: capped.capsHit,
    namespacesOverCap: capped.namespacesOverCap,
  });
}

/** Narrows `purge` to `keep` where the content says so. */
function readContents(
  deps: InspectDeps,
  entries: readonly PlanEntry[],
  signal: AbortSignal | undefined,
): Promise<PlanEntry[]> {
  return pMap(
    entries,
    async (entry) => {
      if (entry.action === 'keep' || entry.recordsDigest === undefined) return entry;
      const { namespace, name, recordsDigest } = entry;
      const { verdict, chart, leaves, notRestored } = await inspectRelease(deps, {
        namespace,
        name,
        recordsDigest,
        signal,
      });
      return {
        ...entry,
        ...(chart === '' ? {} : { chart }),
        ...(leaves.length === 0 ? {} : { leaves }),
        ...(verdict !== undefined || notRestored.length === 0 ? {} : { notRestored }),
        ...verdict,
      };
    },
    { concurrency: planReads, signal },
  );
}

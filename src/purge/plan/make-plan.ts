// Making the plan: select, list, decide by metadata, cap, read the records of what is left, freeze (DESIGN.md §5).
import { Discovery } from '../../kube/discovery.ts';
import { maxTimerMs } from '../../lib/clock.ts';
import { PurgeError } from '../errors.ts';
import { keepsOfNobody } from '../keep/keep.ts';
import { assemblePlan } from './judge.ts';
import type { PurgePlan } from './plan.ts';
import { readContents } from './read-contents.ts';
import { type PlanDeps, type PlanOptions, survey } from './survey.ts';

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
      : await readContents(
          { ...deps, discovery: new Discovery(client) },
          { entries: capped.entries, listings, signal },
        );
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

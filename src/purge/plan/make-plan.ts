// Making the plan: select, list, decide by metadata, cap, read the records of what is left, freeze (DESIGN.md §5).
import pMap from 'p-map';
import { Discovery } from '../../kube/discovery.ts';
import { maxTimerMs } from '../../lib/clock.ts';
import { readRecords, readRecordsOfMany } from '../../uninstall/read-records.ts';
import { PurgeError } from '../errors.ts';
import { keepsOfNobody } from '../keep/keep.ts';
import type { ContentFindings } from './content-rules.ts';
import { type InspectDeps, inspectRead } from './inspect.ts';
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
      : await readContents({ ...deps, discovery: new Discovery(client) }, capped.entries, signal);
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

type ReadDeps = InspectDeps & Pick<PlanDeps, 'known'>;

/** Narrows `purge` to `keep` where the content says so; namespace by namespace. */
async function readContents(
  deps: ReadDeps,
  entries: readonly PlanEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly PlanEntry[]> {
  const byNamespace = Object.values(Object.groupBy(entries, ({ namespace }) => namespace));
  const read = await pMap(byNamespace, (ofOne = []) => readNamespace(deps, ofOne, signal), {
    concurrency: planReads,
    signal,
  });
  return read.flat();
}

/** Where most of the releases would go, in one listing; else each for itself. */
async function readNamespace(
  deps: ReadDeps,
  entries: readonly PlanEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly PlanEntry[]> {
  const going = entries.filter(({ action, recordsDigest }) => action === 'purge' && recordsDigest !== undefined);
  const [first] = going;
  if (first === undefined) return entries;
  const { namespace } = first;
  const isMost = going.length > 1 && 2 * going.length >= entries.length;
  const names = going.map(({ name }) => name);
  const together = isMost ? await readRecordsOfMany(deps.client, { namespace, names }, { signal }) : undefined;
  const narrowed: PlanEntry[] = [];
  for (const entry of entries) {
    const { name, recordsDigest = '' } = entry;
    if (!going.includes(entry)) narrowed.push(entry);
    else {
      const read = together?.get(name) ?? (await readRecords(deps.client, { namespace, name }, { signal }));
      const findings = await inspectRead(deps, { namespace, name, recordsDigest, signal }, read);
      if (findings.verdict === undefined) deps.known?.remember({ namespace, name }, read);
      narrowed.push(withFindings(entry, findings));
    }
  }
  return narrowed;
}

function withFindings(entry: PlanEntry, { verdict, chart, leaves, notRestored }: ContentFindings): PlanEntry {
  return {
    ...entry,
    ...(chart === '' ? {} : { chart }),
    ...(leaves.length === 0 ? {} : { leaves }),
    ...(verdict !== undefined || notRestored.length === 0 ? {} : { notRestored }),
    ...verdict,
  };
}

// Making the plan: select, list, decide by metadata, cap, read the records of what is left, freeze (DESIGN.md §5).
import pMap from 'p-map';
import { Discovery } from '../../kube/discovery.ts';
import { maxTimerMs } from '../../lib/clock.ts';
import type { ReleaseListing } from '../../release/group-releases.ts';
import { readRecords, readRecordsOfMany } from '../../uninstall/read-records.ts';
import { PurgeError } from '../errors.ts';
import { keepsOfNobody } from '../keep/keep.ts';
import type { ContentFindings } from './content-rules.ts';
import { type InspectDeps, inspectRead } from './inspect.ts';
import { assemblePlan } from './judge.ts';
import type { PlanEntry, PurgePlan } from './plan.ts';
import { type PlanDeps, type PlanOptions, planReads, type Survey, survey } from './survey.ts';

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

type ReadDeps = InspectDeps & Pick<PlanDeps, 'known'>;

/** Narrows `purge` to `keep` where the content says so; namespace by namespace. */
async function readContents(
  deps: ReadDeps,
  {
    entries,
    listings,
    signal,
  }: {
    readonly entries: readonly PlanEntry[];
    readonly listings: Survey['listings'];
    readonly signal: AbortSignal | undefined;
  },
): Promise<readonly PlanEntry[]> {
  const byNamespace = Map.groupBy(entries, ({ namespace }) => namespace);
  const listed = new Map(listings.map(({ namespace: { name }, listing }) => [name, listing]));
  const read = await pMap(
    byNamespace,
    ([namespace, ofOne]) => readNamespace(deps, { entries: ofOne, listing: listed.get(namespace), signal }),
    { concurrency: planReads, signal },
  );
  return read.flat();
}

/** Where most of the records are of releases that would go, in one listing; else each release for itself. */
async function readNamespace(
  deps: ReadDeps,
  {
    entries,
    listing,
    signal,
  }: {
    readonly entries: readonly PlanEntry[];
    readonly listing: ReleaseListing | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<readonly PlanEntry[]> {
  const going = new Map(
    entries.flatMap(({ action, recordsDigest, name }) =>
      action === 'purge' && recordsDigest !== undefined ? [[name, recordsDigest] as const] : [],
    ),
  );
  const [first] = entries;
  if (first === undefined || going.size === 0) return entries;
  const { namespace } = first;
  const names = [...going.keys()];
  const together =
    names.length > 1 && areMostRecords(listing, going)
      ? await readRecordsOfMany(deps.client, { namespace, names }, { signal })
      : undefined;
  const narrowed: PlanEntry[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const recordsDigest = going.get(name);
    if (recordsDigest === undefined) {
      narrowed.push(entry);
      continue;
    }
    const read = together?.get(name) ?? (await readRecords(deps.client, { namespace, name }, { signal }));
    together?.delete(name); // taken apart it is larger: memory holds one at a time of what is not remembered
    const findings = await inspectRead(deps, { namespace, name, recordsDigest, signal }, read);
    const isRead = findings.verdict === undefined && deps.settings.serviceAccount === undefined;
    if (isRead) deps.known?.remember({ namespace, name }, read); // an account reads for itself
    narrowed.push(withFindings(entry, findings));
  }
  return narrowed;
}

/** What else is labelled as a record is listed with them: there may be any number, of a megabyte each. */
function areMostRecords(listing: ReleaseListing | undefined, going: ReadonlyMap<string, string>): boolean {
  if (listing === undefined) return false;
  const { releases, rejected } = listing;
  const all = releases.reduce((sum, { revisions }) => sum + revisions, rejected.length);
  const ofGoing = releases.reduce((sum, { name, revisions }) => sum + (going.has(name) ? revisions : 0), 0);
  return 2 * ofGoing >= all;
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

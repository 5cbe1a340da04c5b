// Reading the records of what would go: what stands in them can keep a release, and is remembered for its proof.
import pMap from 'p-map';
import type { ReleaseListing } from '../../release/group-releases.ts';
import { readRecords, readRecordsOfMany } from '../../uninstall/read-records.ts';
import type { ContentFindings } from './content-rules.ts';
import { type InspectDeps, inspectRead } from './inspect.ts';
import type { PlanEntry } from './plan.ts';
import { type PlanDeps, planReads, type Survey } from './survey.ts';

/** What reading takes. */
export type ReadContentsDeps = InspectDeps & Pick<PlanDeps, 'known'>;

/** Narrows `purge` to `keep` where the content says so; namespace by namespace. @throws ApiError */
export async function readContents(
  deps: ReadContentsDeps,
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
  deps: ReadContentsDeps,
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

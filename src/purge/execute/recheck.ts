// The looks before the act (P5): what changed since the plan, or cannot be read, keeps the release.
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { Clock } from '../../lib/clock.ts';
import { recently } from '../../lib/recently.ts';
import type { ReleaseListing } from '../../release/group-releases.ts';
import { listReleases } from '../../release/list-releases.ts';
import type { OperatorIdentity } from '../plan/denials.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { type ReleaseOwners, readOwners } from '../plan/release-owners.ts';
import { decide } from '../plan/rules.ts';
import { type SelectedNamespace, selectAgain } from '../plan/select.ts';
import type { PurgeSettings } from '../policy/settings.ts';

/** What looking takes. */
export interface RecheckDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly settings: PurgeSettings;
  readonly operator: OperatorIdentity;
  readonly clock: Clock;
  /** Who would install releases again, as it is now. Default asked for each time. */
  readonly owners?: () => Promise<ReleaseOwners>;
}

/** What is said of a release whose records are not those that the plan saw. */
export const touchedSincePlan = 'it was touched since the plan';

/** A planned purge with the uid that its namespace had. */
export interface RecheckTarget {
  readonly entry: PlanEntry;
  readonly namespaceUid: string | undefined;
}

/** A namespace and the releases in it, at one moment. */
export interface NamespaceSight {
  /** Undefined where it is gone, being deleted, or no longer selected. */
  readonly home: SelectedNamespace | undefined;
  readonly listing: ReleaseListing;
}

/**
 * How old a sight may be by which a release is begun. It saves work that would be in vain, and no more than that: when a
 * release is proved and copied, and before it goes, all is looked at anew.
 */
const believedMs = 30_000;

/** The same sight for all releases of a namespace that are begun within half a minute. */
export function recentSights(deps: RecheckDeps): (namespace: string) => Promise<NamespaceSight> {
  return recently((namespace) => sightOf(deps, { namespace }), { clock: deps.clock, maxAgeMs: believedMs });
}

/**
 * Why the release is not purged after all; undefined where the plan still holds.
 * @throws ApiError where that cannot be read: then it is not purged either
 */
export async function changeSincePlan(
  deps: RecheckDeps,
  target: RecheckTarget,
  sight = sightOf(deps, target.entry),
): Promise<string | undefined> {
  const { settings, operator, clock } = deps;
  const { namespace, name, recordsDigest, record } = target.entry;
  const [{ home, listing }, owners] = await Promise.all([
    sight,
    deps.owners === undefined ? readOwners(deps) : deps.owners(),
  ]);
  if (home === undefined) return 'its namespace is gone, being deleted, or no longer selected';
  if (home.uid !== target.namespaceUid) return 'its namespace was deleted and made again since the plan';
  const release = listing.releases.find((one) => one.name === name);
  if (release === undefined) return 'it is gone since the plan';
  const isSameRecord = release.latest.uid === record?.uid && release.latest.resourceVersion === record.resourceVersion;
  // A keep that was set meanwhile changes the record too: it is the better reason.
  const verdict = decide({
    release,
    home,
    rejected: listing.rejected.filter(({ claimedNames }) => claimedNames.includes(name)),
    owners: owners.get(`${namespace}/${name}`) ?? [],
    settings,
    operator,
    nowMs: clock.now(),
  });
  if (verdict.action === 'keep') return verdict.reason;
  return isSameRecord && release.recordsDigest === recordsDigest ? undefined : touchedSincePlan;
}

async function sightOf(
  { client, settings, operator }: RecheckDeps,
  { namespace, name }: { readonly namespace: string; readonly name?: string },
): Promise<NamespaceSight> {
  const [home, listing] = await Promise.all([
    selectAgain(client, { selector: settings.namespaceSelector, operator, namespace }),
    listReleases(client, { namespace, ...(name === undefined ? {} : { name }) }),
  ]);
  return { home, listing };
}

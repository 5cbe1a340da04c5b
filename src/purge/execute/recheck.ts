// The last look right before the act (P5): what changed since the plan, or cannot be read, keeps the release.

import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { Clock } from '../../lib/clock.ts';
import { listReleases } from '../../release/list-releases.ts';
import type { OperatorIdentity } from '../plan/denials.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { type ReleaseOwners, readOwners } from '../plan/release-owners.ts';
import { decide } from '../plan/rules.ts';
import { selectAgain } from '../plan/select.ts';
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

/**
 * Why the release is not purged after all; undefined where the plan still holds.
 * @throws ApiError where that cannot be read: then it is not purged either
 */
export async function changeSincePlan(
  deps: RecheckDeps,
  { entry, namespaceUid }: RecheckTarget,
): Promise<string | undefined> {
  const { client, settings, operator, clock } = deps;
  const { namespace, name, recordsDigest, record } = entry;
  const selected = await selectAgain(client, { selector: settings.namespaceSelector, operator, namespace });
  if (selected === undefined) return 'its namespace is gone, being deleted, or no longer selected';
  if (selected.uid !== namespaceUid) return 'its namespace was deleted and made again since the plan';

  const { releases, rejected } = await listReleases(client, { namespace, name });
  const release = releases.find((one) => one.name === name);
  if (release === undefined) return 'it is gone since the plan';
  const isSameRecord = release.latest.uid === record?.uid && release.latest.resourceVersion === record.resourceVersion;
  const owners = await (deps.owners === undefined ? readOwners(deps) : deps.owners());
  // A keep that was set meanwhile changes the record too: it is the better reason.
  const verdict = decide({
    release,
    home: selected,
    rejected,
    owners: owners.get(`${namespace}/${name}`) ?? [],
    settings,
    operator,
    nowMs: clock.now(),
  });
  if (verdict.action === 'keep') return verdict.reason;
  return isSameRecord && release.recordsDigest === recordsDigest ? undefined : touchedSincePlan;
}

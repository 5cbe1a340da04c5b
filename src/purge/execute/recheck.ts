// The looks before the act (P5): what changed since the plan, or cannot be read, keeps the release.
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { Clock } from '../../lib/clock.ts';
import { listReleases } from '../../release/list-releases.ts';
import { keepOfRelease, keepOnNamespace } from '../keep/keep.ts';
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

/**
 * Why the release is not even begun, as its namespace has it; undefined where nothing of the namespace stands against it.
 * @throws ApiError where that cannot be read: then it is not begun
 */
export async function namespaceChange(deps: RecheckDeps, target: RecheckTarget): Promise<string | undefined> {
  const home = await homeOf(deps, target);
  if (typeof home === 'string') return home;
  const { entry } = target;
  const nowMs = deps.clock.now();
  const kept = keepOnNamespace(home, entry.namespace, nowMs) ?? keepOfRelease(home, entry, nowMs);
  return kept?.reason;
}

/**
 * Why the release is not purged after all; undefined where the plan still holds.
 * @throws ApiError where that cannot be read: then it is not purged either
 */
export async function changeSincePlan(deps: RecheckDeps, target: RecheckTarget): Promise<string | undefined> {
  const { client, settings, operator, clock } = deps;
  const { namespace, name, recordsDigest, record } = target.entry;
  const [home, { releases, rejected }, owners] = await Promise.all([
    homeOf(deps, target),
    listReleases(client, { namespace, name }),
    deps.owners === undefined ? readOwners(deps) : deps.owners(),
  ]);
  if (typeof home === 'string') return home;
  const release = releases.find((one) => one.name === name);
  if (release === undefined) return 'it is gone since the plan';
  const isSameRecord = release.latest.uid === record?.uid && release.latest.resourceVersion === record.resourceVersion;
  // A keep that was set meanwhile changes the record too: it is the better reason.
  const verdict = decide({
    release,
    home,
    rejected,
    owners: owners.get(`${namespace}/${name}`) ?? [],
    settings,
    operator,
    nowMs: clock.now(),
  });
  if (verdict.action === 'keep') return verdict.reason;
  return isSameRecord && release.recordsDigest === recordsDigest ? undefined : touchedSincePlan;
}

/** The namespace as it is now, or what is the matter with it, as a clause. */
async function homeOf(
  { client, settings, operator }: RecheckDeps,
  { entry: { namespace }, namespaceUid }: RecheckTarget,
): Promise<SelectedNamespace | string> {
  const selected = await selectAgain(client, { selector: settings.namespaceSelector, operator, namespace });
  if (selected === undefined) return 'its namespace is gone, being deleted, or no longer selected';
  return selected.uid === namespaceUid ? selected : 'its namespace was deleted and made again since the plan';
}

// What becomes of a StatefulSet's volume claims when it goes: it may have been told to take them along. Pure.
import type { Resource } from '../kube/resource.ts';
import { isMap } from '../lib/merge-maps.ts';

/** Whether objects of the type make volume claims of their own. */
export function hasClaims({ group, kind }: Pick<Resource, 'group' | 'kind'>): boolean {
  return group === 'apps' && kind === 'StatefulSet';
}

/** Whether a StatefulSet, read whole, deletes its claims with itself. That may stand in no manifest. */
export function deletesItsClaims(object: { readonly spec?: unknown } | undefined): boolean {
  const spec = isMap(object?.spec) ? object.spec : {};
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  return isMap(retention) && retention.whenDeleted === 'Delete';
}

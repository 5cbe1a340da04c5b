// As whom helm, and we, act for a resource.
import type { KubeClient } from '../../kube/client.ts';
import { actingClient, actingUser } from '../../kube/service-account.ts';
import type { Observation } from '../observe/observation.ts';

/** For whose release something is done. */
type Beneficiary = Pick<Observation, 'entry' | 'releaseNamespace'>;

/** The entry's ServiceAccount in the release's namespace, else ourselves (DESIGN.md O14). */
export function impersonationOf({ entry, releaseNamespace }: Beneficiary): { readonly impersonate?: string } {
  const impersonate = actingUser(entry.serviceAccount, releaseNamespace);
  return impersonate === undefined ? {} : { impersonate };
}

/** The client that acts as the same. */
export function actingFor({ entry, releaseNamespace: namespace }: Beneficiary, client: KubeClient): KubeClient {
  return actingClient(client, { serviceAccount: entry.serviceAccount, namespace });
}

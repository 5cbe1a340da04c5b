// As whom helm, and we, act for a resource.
import type { KubeClient } from '../../kube/client.ts';
import type { Observation } from '../observe/observation.ts';

/** For whose release something is done. */
type Beneficiary = Pick<Observation, 'entry' | 'releaseNamespace'>;

/** The entry's ServiceAccount in the release's namespace, else ourselves (DESIGN.md O14). */
export function impersonationOf(observation: Beneficiary): { readonly impersonate?: string } {
  const { serviceAccount } = observation.entry;
  return serviceAccount === undefined
    ? {}
    : { impersonate: `system:serviceaccount:${observation.releaseNamespace}:${serviceAccount}` };
}

/** The client that acts as the same. */
export function actingFor(observation: Beneficiary, client: KubeClient): KubeClient {
  const { impersonate } = impersonationOf(observation);
  return impersonate === undefined ? client : client.impersonating(impersonate);
}

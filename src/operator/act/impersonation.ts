// As whom helm, and we, act for a resource.
import type { KubeClient } from '../../kube/client.ts';
import type { Observation } from '../observe/observation.ts';

/** The entry's ServiceAccount in the release's namespace, else ourselves (DESIGN.md O14). */
export function impersonationOf(observation: Observation): { readonly impersonate?: string } {
  const { serviceAccount } = observation.entry;
  return serviceAccount === undefined
    ? {}
    : { impersonate: `system:serviceaccount:${observation.releaseNamespace}:${serviceAccount}` };
}

/** The client that acts as the same. */
export function actingFor(observation: Observation, client: KubeClient): KubeClient {
  const { impersonate } = impersonationOf(observation);
  return impersonate === undefined ? client : client.impersonating(impersonate);
}

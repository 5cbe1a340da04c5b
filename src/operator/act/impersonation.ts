// As whom helm acts for a resource.
import type { Observation } from '../observation.ts';

/** The entry's ServiceAccount in the release's namespace, else ourselves (DESIGN.md O14). */
export function impersonationOf(observation: Observation): { readonly impersonate?: string } {
  const { serviceAccount } = observation.entry;
  return serviceAccount === undefined
    ? {}
    : { impersonate: `system:serviceaccount:${observation.releaseNamespace}:${serviceAccount}` };
}

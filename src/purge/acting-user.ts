// As whom a release is dealt with: the policy's ServiceAccount in the release's own namespace. Pure.

/** A user's name; undefined: as ourselves. */
export function actingUser(serviceAccount: string | undefined, namespace: string): string | undefined {
  return serviceAccount === undefined ? undefined : `system:serviceaccount:${namespace}:${serviceAccount}`;
}

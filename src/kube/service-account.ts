// Acting as a ServiceAccount: of a release's own namespace, where whoever asks names one.
import type { KubeClient } from './client.ts';

/** The name of a ServiceAccount as a user. */
export function accountUser(serviceAccount: string, namespace: string): string {
  return `system:serviceaccount:${namespace}:${serviceAccount}`;
}

/** A user's name; undefined: as ourselves. */
export function actingUser(serviceAccount: string | undefined, namespace: string): string | undefined {
  return serviceAccount === undefined ? undefined : accountUser(serviceAccount, namespace);
}

/** The client that acts as the same. */
export function actingClient(
  client: KubeClient,
  { serviceAccount, namespace }: { readonly serviceAccount: string | undefined; readonly namespace: string },
): KubeClient {
  return serviceAccount === undefined ? client : client.impersonating(accountUser(serviceAccount, namespace));
}

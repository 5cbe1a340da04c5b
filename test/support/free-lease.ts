// A Lease that its last holder has released, so that a test need not wait as for one that was never seen.
import type { KubeClient } from '../../src/kube/client.ts';
import { releasedSpec } from '../../src/kube/lease-observation.ts';
import type { Resource } from '../../src/kube/resource.ts';

/** Leases. */
export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  isNamespaced: true,
};

/** Makes it. */
export async function freeLease(client: KubeClient, { namespace, name }: { namespace: string; name: string }) {
  const spec = releasedSpec('2026-01-01T00:00:00.000000Z');
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
  await client.create(leases, lease, { fieldManager: 'test' });
}

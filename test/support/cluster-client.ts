// A client for the shared cluster, and namespaces of one's own in it.

import type { KubeClient } from '../../src/kube/client.ts';
import { type OpenClient, openClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { testCluster } from './test-context.ts';

/** Opens a client as cluster admin. */
export function openTestClient(): Promise<OpenClient> {
  const { kubeconfig, testRoot } = testCluster();
  return openClient({ kubeconfig, homeDir: testRoot, userAgent: 'bookstore-operator-test' });
}

/** Makes a namespace; a second run in the same cluster gets another one. */
export async function createNamespace(client: KubeClient, prefix: string): Promise<string> {
  const { metadata } = await client.create(
    CoreResources.namespaces,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: `${prefix}-` } },
    { fieldManager: 'test' },
  );
  return metadata.name;
}

// What was measured with, for the page.
import { execa } from 'execa';
import { packageVersion } from '../src/cli/version.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { TestCluster } from '../test/support/test-context.ts';

/** Versions of what every benchmark on a cluster has. */
export interface ClusterVersions {
  readonly ours: string;
  readonly kubernetes: string;
  readonly helm: string;
}

/** Asks them all. */
export async function clusterVersions(
  client: KubeClient,
  context: { readonly cluster: Pick<TestCluster, 'helm' | 'testRoot'>; readonly signal: AbortSignal },
): Promise<ClusterVersions> {
  const { cluster, signal } = context;
  const [{ gitVersion }, { stdout }] = await Promise.all([
    client.raw<{ readonly gitVersion: string }>({ method: 'GET', path: '/version', what: 'ask its version', signal }),
    execa(cluster.helm, ['version', '--template', '{{.Version}}'], {
      env: { HOME: cluster.testRoot },
      cancelSignal: signal,
    }),
  ]);
  return { ours: packageVersion(), kubernetes: gitVersion, helm: stdout };
}

// What the global set-up hands to every test of the cluster and soak projects.
import { inject } from 'vitest';

/** The shared cluster and the tools that go with it. */
export interface TestCluster {
  /** Path of the kubeconfig, as cluster admin. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:…`. */
  readonly server: string;
  /** A helm and a kubectl that fit. */
  readonly helm: string;
  readonly kubectl: string;
  /** `PATH` with both of them in front. */
  readonly path: string;
  /** A directory that goes away after the run, clusters in it included: state homes and scratch files belong here. */
  readonly testRoot: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testCluster: TestCluster;
  }
}

/** The shared cluster. A test uses namespaces of its own in it, and never takes it down. */
export function testCluster(): TestCluster {
  return inject('testCluster');
}

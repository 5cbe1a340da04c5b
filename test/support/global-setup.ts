// One local cluster for all integration and end-to-end tests: up before the first, down after the last.
import type { TestProject } from 'vitest/node';
import { LocalProgressDisplay } from '../../src/cli/local-progress.ts';
import { startTestCluster } from './local-cluster.ts';
import './test-context.ts';

/** Called by vitest once; what it returns is called at the end, after a failure too. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  assertNode(process.versions.node);
  const abort = new AbortController();
  const onSignal = () => abort.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  using display = new LocalProgressDisplay(process.stderr, { monotonic: () => performance.now() });
  try {
    const { cluster, stop } = await startTestCluster({ signal: abort.signal, report: (event) => display.show(event) });
    project.provide('testCluster', cluster);
    return stop;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** A silent fall-back to the machine's old Node would test another program. */
function assertNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return;
  throw new Error(`the tests run on Node ${version}; 22.19 or newer is needed: start them with npm test`);
}

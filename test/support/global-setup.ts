// One local cluster for all integration and end-to-end tests: up before the first, down after the last.
import type { TestProject } from 'vitest/node';
import { LocalProgressDisplay } from '../../src/cli/local-progress.ts';
import { type StartedCluster, startTestCluster } from './local-cluster.ts';
import './test-context.ts';

/** vitest loads this file once a project: what the projects share has to lie outside of it. */
interface Shared {
  users: number;
  readonly started: Promise<StartedCluster>;
}
const place = globalThis as { bookstoreOperatorTestCluster?: Shared };

/** Called by vitest once a project; what it returns is called at the end, after a failure too. The last one ends the cluster. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  assertNode(process.versions.node);
  const shared = place.bookstoreOperatorTestCluster ?? { users: 0, started: start() };
  place.bookstoreOperatorTestCluster = shared;
  shared.users += 1;
  const { cluster, stop } = await shared.started;
  project.provide('testCluster', cluster);
  return async () => {
    shared.users -= 1;
    if (shared.users === 0) await stop();
  };
}

async function start(): Promise<StartedCluster> {
  const abort = new AbortController();
  const onSignal = () => abort.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  using display = new LocalProgressDisplay(process.stderr, { monotonic: () => performance.now() });
  try {
    return await startTestCluster({ signal: abort.signal, report: (event) => display.show(event) });
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

// Local clusters for tests: in a directory of their own, gone after the run whatever becomes of it.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { readConfig } from '../../src/cli/config.ts';
import { localEnvironment } from '../../src/cli/local-environment.ts';
import { clustersDir } from '../../src/local/cluster-paths.ts';
import { down } from '../../src/local/down.ts';
import type { LocalContext } from '../../src/local/local-environment.ts';
import type { LocalEvent } from '../../src/local/local-event.ts';
import { identify } from '../../src/local/process-identity.ts';
import { findTools } from '../../src/local/tools.ts';
import { type UpOptions, up } from '../../src/local/up.ts';
import type { TestCluster } from './test-context.ts';

/** How to start. */
export interface StartOptions {
  readonly signal: AbortSignal;
  readonly report: (event: LocalEvent) => void;
  /** See {@link UpOptions.apiServerFlags}. */
  readonly apiServerFlags?: UpOptions['apiServerFlags'];
}

/** A cluster for one run of the test suite. */
export interface StartedCluster {
  readonly cluster: TestCluster;
  readonly stop: () => Promise<void>;
}

/** A context whose state is kept in `stateHome`; the cache is the user's, so that nothing is built twice. */
export function testContext(stateHome: string, options: Partial<StartOptions> = {}): LocalContext {
  return {
    environment: { ...localEnvironment(readConfig()), stateHome },
    signal: options.signal ?? new AbortController().signal,
    report: options.report ?? (() => undefined),
  };
}

/** Starts the shared cluster, and a guard that takes everything down when this process ends without doing so itself. */
export async function startTestCluster(options: StartOptions): Promise<StartedCluster> {
  const testRoot = await mkdtemp(join(tmpdir(), 'bookstore-operator-test-'));
  const guard = await startGuard(testRoot);
  const stop = async () => {
    await removeTestRoot(testRoot);
    guard.kill();
  };
  try {
    const context = testContext(join(testRoot, 'shared'), options);
    const { kubeconfig, server } = await up(
      { name: 'test', nodes: 3, now: new Date(), apiServerFlags: options.apiServerFlags },
      context,
    );
    const { helm, kubectl } = await findTools(context);
    const binDirs = [helm.binDir, kubectl.binDir].filter((dir) => dir !== undefined);
    const path = [...new Set(binDirs), process.env.PATH ?? ''].join(delimiter);
    return { cluster: { kubeconfig, server, helm: helm.path, kubectl: kubectl.path, path, testRoot }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A directory for the state of clusters that one test starts by itself. */
export async function newStateHome(testRoot: string): Promise<string> {
  await mkdir(testRoot, { recursive: true });
  return mkdtemp(join(testRoot, 'state-'));
}

/** Takes down every cluster below `testRoot`, whose entries are state homes, and removes it. */
export async function removeTestRoot(testRoot: string): Promise<void> {
  if (!isAbsolute(testRoot)) throw new Error(`${testRoot} is no absolute path`);
  for (const entry of await readdir(testRoot).catch(() => [])) {
    const stateHome = join(testRoot, entry);
    const names = await readdir(clustersDir(stateHome)).catch(() => []);
    for (const name of names.filter((each) => !each.includes('.'))) await down({ name }, testContext(stateHome));
  }
  await rm(testRoot, { recursive: true, force: true });
}

async function startGuard(testRoot: string): Promise<{ kill: () => void }> {
  const me = await identify(process.pid);
  const script = join(import.meta.dirname, 'cluster-guard.ts');
  const guard = spawn(process.execPath, [script, JSON.stringify({ owner: me, testRoot })], {
    detached: true, // Ctrl-C goes to the whole group of the terminal: the guard must outlive it
    stdio: 'ignore',
  });
  guard.unref();
  return { kill: () => guard.kill() };
}

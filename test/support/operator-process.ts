// The operator as a process of its own, for tests that kill it.
import { mkdtemp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { eventually } from './operator-run.ts';
import { testCluster } from './test-context.ts';

/** A running `bookstore-operator run`. */
export interface OperatorProcess {
  readonly log: () => string;
  /** Sends a signal, and gives the exit code once it has ended. */
  end(signal: NodeJS.Signals): Promise<number | undefined>;
}

/** Starts it for one namespace and waits until it works. Who starts it ends it. */
export async function startOperatorProcess(options: {
  readonly namespace: string;
  readonly watches: string;
}): Promise<OperatorProcess> {
  const { kubeconfig, path, testRoot } = testCluster();
  const flags = ['--health-probe-bind-address=0', '--watches-file', options.watches];
  const child = execa(process.execPath, [resolve('dist/main.js'), 'run', ...flags], {
    env: {
      PATH: path,
      HOME: await mkdtemp(join(testRoot, 'operator-')),
      KUBECONFIG: kubeconfig,
      WATCH_NAMESPACE: options.namespace,
    },
    extendEnv: false,
    reject: false,
    forceKillAfterDelay: false, // draining may take as long as helm does
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await eventually('the operator process has started', () => Promise.resolve(log.includes('"operator started"')));
  return {
    log: () => log,
    end: async (signal) => {
      child.kill(signal);
      return (await child).exitCode;
    },
  };
}

// Our program in the place of a project's helm-operator: the flags of the scaffold's Deployment, the rights of its ServiceAccount.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import { eventually, kubectl } from './operator-run.ts';
import type { SdkProject } from './sdk-project.ts';
import { testCluster } from './test-context.ts';

/** Our program at work for a project. */
export interface RunningProject {
  readonly log: () => string;
  stop(): Promise<void>;
}

/** Our program as the scaffold's Deployment starts it, with its flags and the rights of its ServiceAccount. */
export async function startProject(project: SdkProject): Promise<RunningProject> {
  const { namespace, directory } = project;
  const { path } = testCluster();
  const child = execa(
    process.execPath,
    [
      resolve('dist/main.js'),
      '--metrics-require-rbac',
      '--metrics-secure',
      '--metrics-bind-address=127.0.0.1:0',
      '--leader-elect',
      `--leader-election-id=${namespace}`,
      '--health-probe-bind-address=127.0.0.1:0',
    ],
    {
      cwd: directory,
      env: {
        PATH: path,
        HOME: directory,
        KUBECONFIG: await kubeconfigOf(project),
        WATCH_NAMESPACE: namespace,
        POD_NAMESPACE: namespace,
      },
      extendEnv: false,
      reject: false,
      timeout: 150_000,
    },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await eventually('it leads', () => Promise.resolve(log.includes('"message":"leading"')));
  return {
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      const { exitCode } = await child;
      if (exitCode !== 0) throw new Error(`it ended with ${exitCode}:\n${log}`);
    },
  };
}

/** The kubeconfig of the project's ServiceAccount. */
async function kubeconfigOf({ namespace, directory }: SdkProject): Promise<string> {
  const admin = parse(await readFile(testCluster().kubeconfig, 'utf8')) as {
    clusters: readonly { readonly cluster: unknown }[];
  };
  const token = (await kubectl('-n', namespace, 'create', 'token', 'controller-manager')).trim();
  const target = join(directory, 'kubeconfig');
  const name = 'project';
  await writeFile(
    target,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: admin.clusters[0]?.cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
  );
  return target;
}

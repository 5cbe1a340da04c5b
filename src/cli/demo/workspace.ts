// The directory of one demo, and the environment in which its lines are typed.

import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { shellWord } from '../../lib/shell-word.ts';
import { clusterPaths } from '../../local/cluster-paths.ts';

/** Where a demo keeps what it needs. */
export interface DemoWorkspace {
  /** Name of the cluster. */
  readonly name: string;
  /** Removed with the demo. */
  readonly dir: string;
  /** Held by the demo that runs; beside the directory. */
  readonly lockFile: string;
  readonly recordFile: string;
  readonly operatorLog: string;
  /** Holds `bookstore-operator`. */
  readonly binDir: string;
  readonly kubeconfig: string;
}

/** The paths of the demo `name`; nothing is created. @throws LocalClusterError `LOCAL_NAME_INVALID` */
export function demoWorkspace(stateHome: string, name: string): DemoWorkspace {
  const { kubeconfig } = clusterPaths(stateHome, name);
  const root = join(stateHome, 'bookstore-operator', 'demo');
  const dir = join(root, name);
  return {
    name,
    dir,
    lockFile: join(root, `${name}.lock`),
    recordFile: join(dir, 'record.json'),
    operatorLog: join(dir, 'operator.log'),
    binDir: join(dir, 'bin'),
    kubeconfig,
  };
}

/** Makes `bookstore-operator` callable by name: `program` is what starts the program that runs now. */
export async function writeShim({ binDir }: DemoWorkspace, program: readonly string[]): Promise<void> {
  await mkdir(binDir, { recursive: true, mode: 0o700 });
  const script = `#!/bin/sh\nexec ${program.map(shellWord).join(' ')} "$@"\n`;
  await writeFile(join(binDir, 'bookstore-operator'), script, { mode: 0o700 });
}

/**
 * The environment of the demo's lines. Nothing of the user's may lead kubectl or helm to another cluster, another
 * namespace or a plugin: HELM_KUBECONTEXT beats KUBECONFIG, and kuberc may rewrite any kubectl line.
 */
export function demoEnvironment(
  { dir, kubeconfig }: DemoWorkspace,
  from: { readonly env: Readonly<Record<string, string | undefined>>; readonly binDirs: readonly string[] },
): Readonly<Record<string, string | undefined>> {
  const kept = Object.entries(from.env).filter(([name]) => !isSteering(name));
  return {
    ...Object.fromEntries(kept),
    PATH: [...from.binDirs, from.env.PATH ?? ''].join(delimiter),
    KUBECONFIG: kubeconfig,
    KUBERC: 'off',
    KUBECACHEDIR: join(dir, 'cache', 'kube'),
    HELM_CACHE_HOME: join(dir, 'cache', 'helm'),
    HELM_CONFIG_HOME: join(dir, 'config', 'helm'),
    HELM_DATA_HOME: join(dir, 'data', 'helm'),
  };
}

function isSteering(name: string): boolean {
  return /^(HELM_|KUBE_|KUBECTL_)/.test(name) || ['WATCH_NAMESPACE', 'POD_NAMESPACE', 'KUBECONFIG'].includes(name);
}

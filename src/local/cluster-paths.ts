// Where a cluster keeps what it is made of, by its name.
import { join } from 'node:path';
import { LocalClusterError } from './local-error.ts';

/** The files of one cluster. */
export interface ClusterPaths {
  /** Removed by `down`, with all that is in it. */
  readonly stateDir: string;
  readonly stateFile: string;
  readonly kubeconfig: string;
  readonly pkiDir: string;
  readonly etcdDir: string;
  /** Beside the state directory, because the logs of a start that failed outlive it. */
  readonly logDir: string;
  /** Held by `up` and `down`; beside the state directory, which they remove. */
  readonly lockFile: string;
}

const namePattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * The paths of the cluster `name`; nothing is created.
 * @throws LocalClusterError `LOCAL_NAME_INVALID`
 */
export function clusterPaths(stateHome: string, name: string): ClusterPaths {
  if (!namePattern.test(name)) {
    throw new LocalClusterError('LOCAL_NAME_INVALID', `"${name}" is no name for a local cluster`, {
      isTerminal: true,
      remedy: 'Use up to 40 lower-case letters, digits and dashes, as in --name my-cluster.',
    });
  }
  const root = clustersDir(stateHome);
  const stateDir = join(root, name);
  return {
    stateDir,
    stateFile: join(stateDir, 'state.json'),
    kubeconfig: join(stateDir, 'kubeconfig'),
    pkiDir: join(stateDir, 'pki'),
    etcdDir: join(stateDir, 'etcd'),
    logDir: join(root, `${name}.logs`),
    lockFile: join(root, `${name}.lock`),
  };
}

/** The directory that holds a directory per cluster. */
export function clustersDir(stateHome: string): string {
  return join(stateHome, 'bookstore-operator', 'local');
}

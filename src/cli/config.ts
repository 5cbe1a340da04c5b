// The environment, read once: the only file that sees process.env.
import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CodedError } from '../lib/coded-error.ts';

/** What the program takes from its environment. Flags win over these. */
export interface Config {
  /**
   * The whole environment, for child processes and `$VAR` in watches.yaml. `HOME` is always there: without it helm takes the
   * working directory for its home, and leaves `.kube/cache` in it.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute: `$HOME`, else what passwd says, else where temporary files go. */
  readonly homeDir: string;
  /** `$XDG_CACHE_HOME`, default `~/.cache`. */
  readonly cacheHome: string;
  /** `$XDG_STATE_HOME`, default `~/.local/state`. */
  readonly stateHome: string;
  /** `$KUBECONFIG`. */
  readonly kubeconfig: string | undefined;
  /** `$POD_NAMESPACE`. */
  readonly podNamespace: string | undefined;
  /** `$OPERATOR_NAME`, which named the Lease in old projects of operator-sdk. */
  readonly operatorName: string | undefined;
  /** `$WATCH_NAMESPACE`: comma list, empty or unset = all. */
  readonly watchNamespaces: readonly string[];
  /** `$HELM_BIN`, default `helm` on PATH. */
  readonly helmBin: string;
}

/** An environment or flags that make no sense. */
export class ConfigError extends CodedError<'NAMESPACE_INVALID' | 'FLAGS_EXCLUDE' | 'LEASE_NAME_INVALID'> {}

/** `$WATCH_NAMESPACE`, checked. @throws ConfigError */
export function watchNamespaces(config: Config): readonly string[] {
  const wrong = config.watchNamespaces.filter((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name));
  if (wrong.length === 0) return config.watchNamespaces;
  const names = wrong.map((name) => JSON.stringify(name)).join(', ');
  throw new ConfigError('NAMESPACE_INVALID', `WATCH_NAMESPACE: ${names} is not the name of a namespace`, {
    isTerminal: true,
    remedy: 'Write names separated by commas, or leave it empty for all namespaces.',
  });
}

/** The namespace that the pod's service account names, where `$POD_NAMESPACE` does not: operator-sdk's Deployment sets none. */
export function inPod(
  config: Config,
  { isInCluster, namespace }: { readonly isInCluster: boolean; readonly namespace: string },
): Config {
  return isInCluster && namespace !== '' ? { ...config, podNamespace: config.podNamespace ?? namespace } : config;
}

/** Reads the environment; an empty variable counts as unset. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const get = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const homeDir = get('HOME') ?? passwdHome() ?? tmpdir();
  return {
    env: { ...env, HOME: homeDir },
    homeDir,
    cacheHome: get('XDG_CACHE_HOME') ?? join(homeDir, '.cache'),
    stateHome: get('XDG_STATE_HOME') ?? join(homeDir, '.local', 'state'),
    kubeconfig: get('KUBECONFIG'),
    podNamespace: get('POD_NAMESPACE'),
    operatorName: get('OPERATOR_NAME'),
    watchNamespaces: (get('WATCH_NAMESPACE') ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    helmBin: get('HELM_BIN') ?? 'helm',
  };
}

/** Undefined for a user id without an entry, as a container may give one. */
function passwdHome(): string | undefined {
  try {
    const { homedir } = userInfo();
    return isAbsolute(homedir) ? homedir : undefined;
  } catch {
    return undefined;
  }
}

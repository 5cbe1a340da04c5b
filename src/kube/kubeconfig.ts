// Which cluster, as whom: the kubeconfig that kubectl would use, or the pod's own service account.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { errorText } from '../lib/error-text.ts';
import type { ClientNode } from './client-node.ts';
import { ApiError } from './errors.ts';

/** Where to look for the cluster; the order is kubectl's. */
export interface KubeconfigOptions {
  /** `--kubeconfig`, else `$KUBECONFIG` (a path list), else `~/.kube/config`, else the pod's own service account. */
  readonly kubeconfig?: string | undefined;
  /** `--context`; default the file's current context. */
  readonly context?: string | undefined;
  readonly homeDir: string;
}

/** A kubeconfig with its context chosen. */
export interface LoadedKubeconfig {
  readonly kubeConfig: KubeConfig;
  /** Whether it is the pod's own service account, and no file. */
  readonly isInCluster: boolean;
}

/** @throws ApiError `KUBECONFIG_INVALID` where a file is missing or broken, or the context does not exist. */
export function loadKubeconfig(library: ClientNode, options: KubeconfigOptions): LoadedKubeconfig {
  const kubeConfig = new library.KubeConfig();
  const named = options.kubeconfig?.split(delimiter).filter((file) => file !== '') ?? [];
  const ofHome = join(options.homeDir, '.kube', 'config');
  const files = named.length === 0 && existsSync(ofHome) ? [ofHome] : named;
  const isInCluster = files.length === 0;
  try {
    if (files.length > 0) loadFiles(library, { kubeConfig, files });
    else if (existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token')) kubeConfig.loadFromCluster();
    else throw noCluster();
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(
      'KUBECONFIG_INVALID',
      `cannot read the kubeconfig ${files.join(delimiter)}: ${errorText(cause)}`,
      {
        cause,
        isTerminal: true,
        remedy: 'Name a readable kubeconfig with --kubeconfig or KUBECONFIG.',
      },
    );
  }
  if (options.context !== undefined) {
    const names = kubeConfig.getContexts().map((context) => context.name);
    if (!names.includes(options.context)) {
      throw new ApiError('KUBECONFIG_INVALID', `the kubeconfig has no context "${options.context}"`, {
        isTerminal: true,
        remedy: names.length === 0 ? 'It has none at all.' : `Choose one of: ${names.join(', ')}.`,
      });
    }
    kubeConfig.setCurrentContext(options.context);
  }
  return { kubeConfig, isInCluster };
}

function loadFiles(
  library: ClientNode,
  target: { readonly kubeConfig: KubeConfig; readonly files: readonly string[] },
): void {
  const { kubeConfig, files } = target;
  const existing = files.filter((file) => existsSync(file));
  const first = existing[0];
  if (first === undefined) {
    throw new ApiError('KUBECONFIG_INVALID', `no such kubeconfig: ${files.join(', ')}`, {
      isTerminal: true,
      remedy: 'Name an existing file with --kubeconfig or KUBECONFIG.',
    });
  }
  kubeConfig.loadFromFile(first);
  for (const file of existing.slice(1)) {
    const more = new library.KubeConfig();
    more.loadFromFile(file);
    mergeInto(kubeConfig, more);
  }
}

/** As kubectl merges: the first file to name a thing wins. client-node's own merge refuses a name that comes twice. */
function mergeInto(target: KubeConfig, more: KubeConfig): void {
  const isNew =
    (held: readonly { readonly name: string }[]) =>
    ({ name }: { readonly name: string }): boolean =>
      !held.some((each) => each.name === name);
  target.loadFromOptions({
    clusters: [...target.getClusters(), ...more.getClusters().filter(isNew(target.getClusters()))],
    users: [...target.getUsers(), ...more.getUsers().filter(isNew(target.getUsers()))],
    contexts: [...target.getContexts(), ...more.getContexts().filter(isNew(target.getContexts()))],
    currentContext: target.getCurrentContext() || more.getCurrentContext(),
  });
}

function noCluster(): ApiError {
  return new ApiError('KUBECONFIG_INVALID', 'no cluster to talk to: there is no kubeconfig and this is not a pod', {
    isTerminal: true,
    remedy: 'Set KUBECONFIG or --kubeconfig; `bookstore-operator local up` starts a local cluster.',
  });
}

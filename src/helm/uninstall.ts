// `helm uninstall` of one release. Never with `--ignore-not-found`, which hides every storage error.
import type { Helm, HelmCall, HelmResult } from './process.ts';

/** Which release, and how patiently. */
export interface UninstallOptions {
  readonly name: string;
  readonly namespace: string;
  /** Helm's own `--timeout`, for its hooks. */
  readonly timeoutMs: number;
  /** After so much more the process group is ended. Default 0: then helm has no time to tell which hook is late. */
  readonly graceMs?: number;
  /** `--cascade`. Default `background`, helm's. */
  readonly cascade?: 'background' | 'foreground' | 'orphan';
  /** Whether helm waits until the objects are gone. Default false. */
  readonly shouldWait?: boolean;
  /** Every call is made as this user. */
  readonly impersonate?: string;
  readonly signal?: AbortSignal | undefined;
  /** See {@link HelmCall.recheck}. */
  readonly recheck?: HelmCall['recheck'];
  /** See {@link HelmCall.onTurn}. */
  readonly onTurn?: HelmCall['onTurn'];
}

/** The arguments. The flags are the same in Helm 3.18 and 4. */
export function uninstallArguments(options: UninstallOptions): string[] {
  return [
    'uninstall',
    options.name,
    `--namespace=${options.namespace}`,
    `--timeout=${Math.ceil(options.timeoutMs / 1000)}s`,
    ...(options.cascade === undefined ? [] : [`--cascade=${options.cascade}`]),
    ...(options.shouldWait === true ? ['--wait'] : []),
    ...(options.impersonate === undefined ? [] : [`--kube-as-user=${options.impersonate}`]),
  ];
}

/** Uninstalls. @throws HelmError `HELM_RELEASE_NOT_FOUND` where there is none. */
export function helmUninstall(helm: Helm, options: UninstallOptions): Promise<HelmResult> {
  return helm.run(uninstallArguments(options), {
    what: `uninstall ${options.namespace}/${options.name}`,
    timeoutMs: options.timeoutMs + (options.graceMs ?? 0),
    signal: options.signal,
    recheck: options.recheck,
    onTurn: options.onTurn,
  });
}

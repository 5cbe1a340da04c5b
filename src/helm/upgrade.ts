// `helm upgrade --install`: the one call that makes a release equal to what is wanted (DESIGN.md O5).
import type { Helm, HelmCall, HelmResult } from './process.ts';

/** What the release shall be. */
export interface UpgradeOptions {
  readonly name: string;
  readonly namespace: string;
  /** Chart directory or archive. */
  readonly chart: string;
  /** Final values; they go through standard input. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Labels of the record, written by the same call: what must survive a crash in between. */
  readonly labels: Readonly<Record<string, string>>;
  /** Helm's own `--timeout`, for its hooks. */
  readonly timeoutMs: number;
  /** Revisions kept. */
  readonly maxHistory: number;
  /** operator-sdk's `upgrade-force`: replace objects as a whole, instead of applying. Default false. */
  readonly isReplaceForced?: boolean;
  /** Whether the chart's `crds/` directory is left out. Default false. */
  readonly shouldSkipCrds?: boolean;
  /** Every call is made as this user. */
  readonly impersonate?: string;
  readonly signal?: AbortSignal | undefined;
  /** See {@link HelmCall.recheck}. */
  readonly recheck?: HelmCall['recheck'];
  /** See {@link HelmCall.onTurn}. */
  readonly onTurn?: HelmCall['onTurn'];
}

/**
 * The arguments, in the order of DESIGN.md O5. `--force-conflicts`: otherwise any `kubectl scale` makes the next upgrade
 * fail; `--reset-values`: otherwise an emptied spec keeps old values; server-side apply lets the server reject unknown
 * fields, so that the slow client-side validation is not needed; no `--wait`: readiness is watched.
 */
export function upgradeArguments(options: UpgradeOptions): string[] {
  return [
    'upgrade',
    '--install',
    options.name,
    options.chart,
    `--namespace=${options.namespace}`,
    '--values=-',
    ...(options.isReplaceForced === true
      ? ['--force-replace', '--server-side=false']
      : ['--server-side=true', '--force-conflicts']),
    '--reset-values',
    `--history-max=${options.maxHistory}`,
    `--timeout=${Math.ceil(options.timeoutMs / 1000)}s`,
    `--labels=${Object.entries(options.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')}`,
    '--disable-openapi-validation',
    ...(options.shouldSkipCrds === true ? ['--skip-crds'] : []),
    ...(options.impersonate === undefined ? [] : [`--kube-as-user=${options.impersonate}`]),
  ];
}

/** Installs or upgrades. @throws HelmError */
export function helmUpgrade(helm: Helm, options: UpgradeOptions): Promise<HelmResult> {
  return helm.run(upgradeArguments(options), {
    what: `install or upgrade ${options.namespace}/${options.name}`,
    input: JSON.stringify(options.values),
    timeoutMs: options.timeoutMs + 30_000,
    signal: options.signal,
    recheck: options.recheck,
    onTurn: options.onTurn,
  });
}

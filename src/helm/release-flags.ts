// What `helm install` and `helm upgrade` are told alike: release, chart, values, and how objects are applied (DESIGN.md O5).
import type { HelmCall } from './process.ts';

/** What a release shall be. */
export interface ReleaseOptions {
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

/** helm has so much more than its own timeout before it is ended. */
const graceMs = 30_000;

/**
 * `more` are the flags of one verb alone. `--force-conflicts`: otherwise any `kubectl scale` makes the next upgrade fail;
 * server-side apply lets the server reject unknown fields, so that the slow client-side validation is not needed; no
 * `--wait`: readiness is watched.
 */
export function releaseFlags(options: ReleaseOptions, more: readonly string[] = []): readonly string[] {
  return [
    options.name,
    options.chart,
    `--namespace=${options.namespace}`,
    '--values=-',
    ...(options.isReplaceForced === true
      ? ['--force-replace', '--server-side=false']
      : ['--server-side=true', '--force-conflicts']),
    ...more,
    `--timeout=${Math.ceil(options.timeoutMs / 1000)}s`,
    `--labels=${Object.entries(options.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')}`,
    '--disable-openapi-validation',
    ...(options.shouldSkipCrds === true ? ['--skip-crds'] : []),
    ...(options.impersonate === undefined ? [] : [`--kube-as-user=${options.impersonate}`]),
  ];
}

/** How helm is called with them. */
export function releaseCall(what: string, options: ReleaseOptions): HelmCall {
  return {
    what: `${what} ${options.namespace}/${options.name}`,
    input: JSON.stringify(options.values),
    timeoutMs: options.timeoutMs + graceMs,
    signal: options.signal,
    recheck: options.recheck,
    onTurn: options.onTurn,
  };
}

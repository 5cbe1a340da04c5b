// One entry of watches.yaml after parsing: every default applied, every duration in milliseconds.
import type { GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import type { LabelSelector } from '../api/v1alpha1/label-selector.ts';
import type { ValuesTree } from './override-values.ts';

/** Whether drift is repaired (`enabled`), only reported (`warn`) or not looked for. */
export type DriftMode = 'enabled' | 'warn' | 'disabled';

/** What happens to the CRDs in the chart's `crds/` directory. */
export type CrdsPolicy = 'Skip' | 'Create' | 'CreateReplace';

/** What happens when an install has failed and tries are left: take the failed release away first, or just try again. */
export type InstallRemediation = 'uninstall' | 'none';

/** What happens when an upgrade has failed and tries are left: go back first, or just try again. */
export type UpgradeRemediation = 'rollback' | 'none';

/** The objects that a drift rule is about; what is not given matches all. */
export interface DriftTarget {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labelSelector?: LabelSelector;
}

/** Fields that are not drift. */
export interface DriftIgnoreRule {
  /** JSON pointers (RFC 6901); an empty pointer is the whole object. */
  readonly paths: readonly string[];
  /** Without one the rule holds for every object of the release. */
  readonly target?: DriftTarget;
}

/** A source of values between the chart's and the resource's. */
export interface ValuesReference {
  readonly kind: 'Secret' | 'ConfigMap';
  /** In the resource's namespace. */
  readonly name: string;
  /** Key in `data`. Default `values.yaml`. */
  readonly valuesKey: string;
  /** True: a missing object or key counts as no values. Default false. */
  readonly optional: boolean;
  /** Dotted path at which the key's text is set as one string; without it the text is a YAML document of values. */
  readonly targetPath?: string;
}

/** What follows a failed helm call. */
export interface Remediation {
  /** Default `none`: a failed first install stays for inspection and is upgraded by the next try. */
  readonly install: InstallRemediation;
  /** Default `rollback`. */
  readonly upgrade: UpgradeRemediation;
  /** Tries after the first failure, then the resource is Stalled. Default 3. */
  readonly retries: number;
}

/** An override as it was written, after `$VAR` expansion. */
export interface OverrideValue {
  /** Dotted path as in `helm --set-string`. */
  readonly path: string;
  readonly value: string;
  /** Whether some of it came out of the environment: it is not told then. */
  readonly isFromEnvironment: boolean;
}

/** An entry as the file alone gives it. */
export interface ParsedWatchEntry {
  readonly gvk: GroupVersionKind;
  /** `chart` as written. */
  readonly chartPath: string;
  /** Watch the release's own objects, not only the resource. Default true. */
  readonly watchDependentResources: boolean;
  /** In the file's order. */
  readonly overrideValues: readonly OverrideValue[];
  /** The same as a tree, ready to be merged over `spec`. */
  readonly overrideTree: ValuesTree;
  /** Resources that do not match are not ours to install. Default: all. */
  readonly selector: LabelSelector;
  /** Re-decide every so often from the caches; undefined is never. */
  readonly reconcilePeriodMs: number | undefined;
  /** Resources of this kind worked on at once; undefined follows the command line. */
  readonly maxConcurrentReconciles: number | undefined;
  /** Accepted for compatibility with helm-operator; it changes nothing here (no dry-run is made). Default `none`. */
  readonly dryRunOption: 'none' | 'server';
  /** helm's `--timeout`. Default 300000. */
  readonly timeoutMs: number;
  /** From the end of a helm call until the workloads must be ready. Default 300000. */
  readonly readyTimeoutMs: number;
  /** helm's `--history-max`. Default 10; 0 keeps all. */
  readonly maxHistory: number;
  readonly driftDetection: {
    /** Default `enabled`. */
    readonly mode: DriftMode;
    readonly ignore: readonly DriftIgnoreRule[];
  };
  /** Later ones win over earlier ones. */
  readonly valuesFrom: readonly ValuesReference[];
  /** Whether `helm.velotio.com/values-from` on a resource is obeyed. Default false. */
  readonly allowValuesFromAnnotation: boolean;
  /** Namespace of the releases of a cluster-scoped kind. */
  readonly releaseNamespace: string | undefined;
  /** Default `Create`, which is helm's own behaviour. */
  readonly crds: CrdsPolicy;
  readonly remediation: Remediation;
  /** ServiceAccount in the release's namespace as which every call is made (O14); undefined is the operator itself. */
  readonly serviceAccount: string | undefined;
}

/** What a chart sets where nobody else does. */
export interface ChartDefaults {
  /** Its values.yaml. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * Paths at and below which there may be defaults besides, out of subcharts: their names, `global`, where their values are
   * imported to. The empty path is everywhere.
   */
  readonly openPaths: readonly (readonly string[])[];
}

/** A kind that a chart may render. */
export interface ChartKind {
  /** Empty for the core group; absent where a template makes it: any. */
  readonly group?: string;
  readonly kind: string;
}

/** The chart behind an entry, as found on disk at start. */
export interface ChartInfo {
  /** Absolute path of the directory or archive. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly appVersion: string | undefined;
  /** `sha256:…` over the directory's files, or over the archive's bytes. */
  readonly digest: string;
  /** Whether it carries a values.schema.json at its root. */
  readonly hasSchema: boolean;
  readonly defaults: ChartDefaults;
  /** What its templates may render, as far as it can be read off them: what one makes up the name of is not here. */
  readonly kinds: readonly ChartKind[];
}

/** An entry with its chart. */
export interface WatchEntry extends ParsedWatchEntry {
  readonly chart: ChartInfo;
}

// PurgePolicy: which releases are uninstalled after office hours, when, and how far a run may go (DESIGN.md §2).
import type { ConditionStatus } from './conditions.ts';
import { GROUP, type GroupVersionKind, VERSION } from './group-version.ts';
import type { LabelSelector } from './label-selector.ts';
import type { ObjectMeta } from './object-meta.ts';

/** The kind's name. */
export const PURGE_POLICY_KIND = 'PurgePolicy';

/** Group, version and kind. */
export const PURGE_POLICY_GVK: GroupVersionKind = { group: GROUP, version: VERSION, kind: PURGE_POLICY_KIND };

/** The plural, as it stands in URLs and RBAC rules. */
export const PURGE_POLICY_PLURAL = 'purgepolicies';

/** `kubectl get pp`. */
export const PURGE_POLICY_SHORT_NAMES: readonly string[] = ['pp'];

/** A Go duration, such as `90s`, `1h30m` or `168h`. */
export type DurationText = string;

/** What the schedule may do: print the plan, or act on it. */
export type PurgeMode = 'DryRun' | 'Enforce';

/** What happens to a release that belongs to a resource of this operator. */
export type OwnedReleasesPolicy = 'Skip' | 'Sleep' | 'Delete';

/** What happens to a release that another controller (Flux, an operator-sdk operator) owns. */
export type ForeignReleasesPolicy = 'Skip' | 'Purge';

/** What happens to the PersistentVolumeClaims that stand in a chart's templates. */
export type VolumesPolicy = 'Keep' | 'Delete';

/** A kind outside the release's namespace, or cluster-scoped, that a run may touch. */
export interface AllowedKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
}

/** Caps: over a cap of the run nothing at all is deleted (P4). */
export interface PurgeLimits {
  /** Default 500. */
  readonly maxReleases?: number;
  /** Default 50; over it that namespace is dropped from the run and reported. */
  readonly maxReleasesPerNamespace?: number;
  /** Default 100. */
  readonly maxNamespaces?: number;
  /** Percentage, 1–100, of the releases in the selected namespaces. Default none. */
  readonly maxPercent?: number;
  /** After so many failures in a row in one namespace that namespace ends; in so many namespaces in a row, the run. Default 10. */
  readonly maxConsecutiveFailures?: number;
}

/** The way back (P8). */
export interface PurgeUndo {
  /** How long the undo Secrets are kept. Default `168h`. */
  readonly retention?: DurationText;
}

/** Days on which the schedule rests. */
export interface PurgeCalendar {
  /** Local dates, `YYYY-MM-DD`. */
  readonly holidays?: readonly string[];
}

/** What a policy says; every default is the one of DESIGN.md §1 and is applied by the reader, never stored. */
export interface PurgePolicySpec {
  /** Five-field cron expression. Without one the policy acts only when it is asked to. */
  readonly schedule?: string;
  /** IANA zone of `schedule`, `wakeSchedule` and the holidays. Default `Etc/UTC`. */
  readonly timeZone?: string;
  /** How late a missed night may still start. Default 7200. */
  readonly startingDeadlineSeconds?: number;
  /** As in CronJob; a run never overlaps its predecessor. */
  readonly concurrencyPolicy?: 'Forbid';
  /** Finished runs that are kept. Default 3. */
  readonly successfulRunsHistoryLimit?: number;
  /** Failed runs that are kept. Default 1. */
  readonly failedRunsHistoryLimit?: number;
  /** No new run, and a run in flight stops between releases. Default false. */
  readonly suspend?: boolean;
  /** Governs the schedule only. Default `DryRun`. */
  readonly mode?: PurgeMode;
  /** At least one positive term (equality or `In`) on a key outside `kubernetes.io/`. */
  readonly namespaceSelector: LabelSelector;
  /** Release names that are kept; globs. */
  readonly exclude?: readonly string[];
  /** Age since the last revision below which a release is kept. Default `0s`. */
  readonly minAge?: DurationText;
  /** Default `Skip`. */
  readonly ownedReleases?: OwnedReleasesPolicy;
  /** Default `Skip`. */
  readonly foreignReleases?: ForeignReleasesPolicy;
  /** Default `Keep`. */
  readonly volumes?: VolumesPolicy;
  /** ServiceAccount, looked up in each release's namespace, as which every call for that release is made. */
  readonly serviceAccount?: string;
  /** Default none. */
  readonly allowedKinds?: readonly AllowedKind[];
  readonly limits?: PurgeLimits;
  /** Releases uninstalled at the same time. Default 8 with the helm driver, 32 requests with the native one. */
  readonly concurrency?: number;
  /** Of those, in one namespace. Default 2. */
  readonly perNamespace?: number;
  /** Default `5m`. */
  readonly releaseTimeout?: DurationText;
  /** Of the whole run. Default `1h`. */
  readonly deadline?: DurationText;
  readonly undo?: PurgeUndo;
  /** How long before a run the namespaces are told. Default none. */
  readonly notice?: DurationText;
  /** Five-field cron expression at which sleeping releases come back. */
  readonly wakeSchedule?: string;
  readonly calendar?: PurgeCalendar;
}

/** The types of a policy's conditions. */
export const PurgePolicyConditionType = {
  /** The schedule is followed; `False` with the reason `InvalidSchedule` where it cannot be. */
  ready: 'Ready',
} as const;

/** A condition of a policy (metav1.Condition). */
export interface PurgePolicyCondition {
  readonly type: (typeof PurgePolicyConditionType)[keyof typeof PurgePolicyConditionType];
  readonly status: ConditionStatus;
  /** `metadata.generation` that was looked at. */
  readonly observedGeneration?: number;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** What the schedule did and will do; times are RFC 3339. */
export interface PurgePolicyStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly PurgePolicyCondition[];
  /** Name of the PurgeRun in flight. */
  readonly activeRun?: string;
  /** When the last run was due, and not when it began. */
  readonly lastScheduleTime?: string;
  /** When the last run without a failure was over. */
  readonly lastSuccessfulTime?: string;
  readonly nextScheduleTime?: string;
  /** The generation of which a dry run was recorded last: a scheduled `Enforce` acts only after one of its own generation. */
  readonly dryRunGeneration?: number;
}

/** The document, as a cluster-scoped resource or as a file. */
export interface PurgePolicy {
  readonly apiVersion: string;
  readonly kind: typeof PURGE_POLICY_KIND;
  readonly metadata: ObjectMeta;
  readonly spec: PurgePolicySpec;
  readonly status?: PurgePolicyStatus;
}

// Status of every watched resource, whatever its kind: what the operator saw and did, never what a Secret holds.
import type { Condition, ConditionReason } from './conditions.ts';

/** Helm's release statuses. */
export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback';

/** A revision as it is kept in `status.history`. */
export interface RevisionSnapshot {
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** `name-version`, as `helm list` prints it. */
  readonly chart: string;
  readonly appVersion?: string;
  /** Digest of the desired state (O3). */
  readonly digest: string;
  /** Digest of manifest and hooks as helm wrote them: a record that was changed since is not trusted (O7). */
  readonly contentDigest?: string;
  /** RFC 3339. */
  readonly firstDeployed?: string;
  /** RFC 3339. */
  readonly lastDeployed?: string;
}

/** The release behind the resource. */
export interface ReleaseSnapshot extends RevisionSnapshot {
  readonly name: string;
  readonly namespace: string;
}

/** An object that the release put into the cluster, as it was right after helm applied it (O12). */
export interface InventoryEntry {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Absent for a cluster-scoped object. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  /** Absent where the kind has none (Services). */
  readonly generation?: number;
  /** Hash of helm's apply entry in managedFields. */
  readonly appliedHash?: string;
  /** Of a Job that takes itself away when it is done: that it is missing is no news then. Seconds. */
  readonly ttlSecondsAfterFinished?: number;
}

/** A helm call that failed, or a revision that did not become ready: kept so that a restart forgets no failure. */
export interface FailureRecord {
  /** Digest of the desired state that was tried. */
  readonly digest: string;
  /** What failed: `install`, `upgrade`, `rollback`, `uninstall`, or `ready` for workloads that were not in time. */
  readonly action: FailedAction;
  readonly reason: ConditionReason;
  /** Bounded by {@link MAX_MESSAGE_LENGTH}. */
  readonly message: string;
  /** Trying again cannot help until something changes. */
  readonly isTerminal?: boolean;
  /** It says nothing about the revision, and has spent no try. */
  readonly isPassing?: boolean;
  /** The release's latest revision at the time. */
  readonly revision?: number;
  /** Failures in a row, those included that spent no try; absent: as many as spent one. */
  readonly inRow?: number;
  /** `force-requested-at` at the time. */
  readonly forceRequestedAt?: string;
  /** RFC 3339. */
  readonly time: string;
}

/** What can fail. */
export type FailedAction = 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'ready';

/** `status` of a watched resource. */
export interface WatchedStatus {
  /** `metadata.generation` that this status is about. */
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly release?: ReleaseSnapshot;
  /** Earlier revisions, newest first, at most {@link MAX_HISTORY_ENTRIES}; the last that was ready is one of them. */
  readonly history?: readonly RevisionSnapshot[];
  readonly inventory?: readonly InventoryEntry[];
  /** Tries spent in a row since the last success or change of the desired state. */
  readonly failures?: number;
  /** The last of them. */
  readonly lastFailure?: FailureRecord;
  /** The last revision whose workloads were all ready: where a failed upgrade goes back to. */
  readonly readyRevision?: number;
  /** Since when workloads are seen not to be ready, RFC 3339; absent while they are, and while nobody looks. */
  readonly unreadySince?: string;
  /** The `reconcile-requested-at` annotation that was last obeyed. */
  readonly lastHandledReconcileAt?: string;
  /** The `force-requested-at` annotation that was last obeyed. */
  readonly lastHandledForceAt?: string;
}

/** How many revisions `status.history` keeps. */
export const MAX_HISTORY_ENTRIES = 5;

/** Longest `message` of a condition, in characters; the API server refuses more than 32768. */
export const MAX_MESSAGE_LENGTH = 1024;

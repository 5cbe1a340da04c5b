// PurgeRun: one execution of a PurgePolicy and its record, as a Job is of a CronJob (DESIGN.md §2).
import type { ConditionStatus } from './conditions.ts';
import { GROUP, type GroupVersionKind, VERSION } from './group-version.ts';
import type { ObjectMeta } from './object-meta.ts';

/** The kind's name. */
export const PURGE_RUN_KIND = 'PurgeRun';

/** Group, version and kind. */
export const PURGE_RUN_GVK: GroupVersionKind = { group: GROUP, version: VERSION, kind: PURGE_RUN_KIND };

/** The plural, as it stands in URLs and RBAC rules. */
export const PURGE_RUN_PLURAL = 'purgeruns';

/** `kubectl get pr`. */
export const PURGE_RUN_SHORT_NAMES: readonly string[] = ['pr'];

/**
 * Annotation of a run that somebody executes already: who, as in `status.worker`. It stands there from creation on, so that a
 * run which a command or a schedule made for its own record is never started once more. A run without it, as `kubectl create`
 * makes it, asks to be executed.
 */
export const PURGE_RUN_WORKER_ANNOTATION = 'purge.velotio.com/worker';

/** Annotation of a run that purges: the Lease that it holds, and as whom: `NAMESPACE/NAME IDENTITY`. */
export const PURGE_RUN_LOCK_ANNOTATION = 'purge.velotio.com/lock';

/** Annotation of a run that somebody executes: which process, so that on the same machine its death can be proved. */
export const PURGE_RUN_PROCESS_ANNOTATION = 'purge.velotio.com/process';

/** How much a run remembers, so that its record stays far below what etcd takes. */
export const PurgeRunBound = {
  /** Releases that are listed, the failed ones first; `outcomesOmitted` counts the others. */
  outcomes: 500,
  /** Characters of an outcome's message. */
  messageLength: 512,
  /** Characters of why a release went to helm. */
  driverReasonLength: 160,
  /** Characters of what says who asked, and who worked. */
  identityLength: 512,
  /** Objects that are listed of what a release left; `leftOmitted` counts the others. */
  left: 3,
  /** Finalizers that are listed of one of them. */
  finalizers: 2,
  /** Namespaces to which a run can be narrowed. */
  namespaces: 1000,
  /** Characters of all keys and values of `undo` together: some 3,700 notes. A release without a note is kept. */
  undoLength: 700_000,
  /** Characters of one value of `undo`. */
  undoNoteLength: 512,
} as const;

/** What is asked for; it cannot be changed afterwards. */
export interface PurgeRunSpec {
  /** Name of the PurgePolicy. Never one written out here: that would be deletion power over the whole cluster. */
  readonly policy: string;
  /** Plan and report, and delete nothing. Default false. */
  readonly dryRun?: boolean;
  /** Only these of the policy's namespaces: narrows, never widens. Default: all of them. */
  readonly namespaces?: readonly string[];
}

/** Where a run is. */
export const PurgeRunPhase = {
  /** Nothing has happened yet. */
  pending: 'Pending',
  /** Planned, and purging. */
  running: 'Running',
  /** Over: each release of the plan is gone, or was skipped with a reason. */
  succeeded: 'Succeeded',
  /** Over: some release failed or was not reached. */
  failed: 'Failed',
  /** Over: a cap of the run was hit, and nothing at all was deleted. */
  blocked: 'Blocked',
} as const;

/** One of {@link PurgeRunPhase}. */
export type PurgeRunPhase = (typeof PurgeRunPhase)[keyof typeof PurgeRunPhase];

/** The types of a run's conditions, as of a Job's: one of the two once it is over. */
export const PurgeRunConditionType = { complete: 'Complete', failed: 'Failed' } as const;

/** A condition of a run (metav1.Condition). */
export interface PurgeRunCondition {
  readonly type: (typeof PurgeRunConditionType)[keyof typeof PurgeRunConditionType];
  readonly status: ConditionStatus;
  /** `metadata.generation` that was looked at. */
  readonly observedGeneration?: number;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** What became of one release. */
export interface PurgeRunOutcome {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** `name-version`. */
  readonly chart?: string;
  readonly result: 'purged' | 'failed' | 'skipped' | 'not-started';
  readonly durationMs?: number;
  /** Of a failure, or of a release that is kept because helm could not be trusted with it: stable, for programs. */
  readonly code?: string;
  /** Why, for people; at most {@link PurgeRunBound}.messageLength characters. */
  readonly message?: string;
  /** What uninstalled it. Absent: nothing did, or it was not noted. */
  readonly driver?: 'helm' | 'native';
  /** Why it was helm, where native comes first; at most {@link PurgeRunBound}.driverReasonLength characters. */
  readonly driverReason?: string;
  /** What is still there when the run is over; at most {@link PurgeRunBound}.left. */
  readonly left?: readonly PurgeRunLeft[];
  /** Objects that found no room above. */
  readonly leftOmitted?: number;
}

/** Why an object is still there, as in the report. */
export const purgeRunLeftReasons = [
  /** `helm.sh/resource-policy: keep` in the recorded manifest. */
  'kept',
  /** Another value of that annotation: helm leaves the object as well, and says nothing. */
  'resource-policy',
  /** A claim that a StatefulSet made. */
  'volume',
  /** A hook made it, and nobody deletes those. */
  'hook',
  /** It is being deleted, and finalizers hold it. */
  'finalizer',
  /** It is being deleted, and takes its time. */
  'terminating',
  /** Nobody is deleting it. */
  'still-there',
  /** Whether it is there could not be read. */
  'unreadable',
] as const;

/** An object that a release left. */
export interface PurgeRunLeft {
  /** Absent: the core group. */
  readonly group?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly why: (typeof purgeRunLeftReasons)[number];
  /** At most {@link PurgeRunBound}.finalizers. */
  readonly finalizers?: readonly string[];
  /** Of a volume claim. */
  readonly size?: string;
}

/** Why a run ended before its end. */
export const purgeRunStopCauses = [
  'cap',
  'interrupted',
  'deadline',
  'failures',
  'lock-lost',
  'suspended',
  'policy-changed',
] as const;

/** A cap of the run that was hit: nothing at all was deleted. */
export interface PurgeRunCapHit {
  readonly cap: 'maxReleases' | 'maxNamespaces' | 'maxPercent';
  readonly limit: number;
  /** With a fraction in the case of `maxPercent`. */
  readonly found: number;
  /** A sentence. */
  readonly reason: string;
}

/** What happened; times are RFC 3339. */
export interface PurgeRunStatus {
  readonly phase?: PurgeRunPhase;
  readonly conditions?: readonly PurgeRunCondition[];
  /** The policy as it was when the run began. */
  readonly policy?: { readonly uid: string; readonly generation: number };
  /** The policy's `serviceAccount` when the run began: what is brought back is brought back as it. */
  readonly serviceAccount?: string;
  /**
   * The policy's `undo.retention` when the run began, in milliseconds: the copies that it made carry it, whatever the policy says
   * later. Absent: a run from before it was noted.
   */
  readonly undoRetentionMs?: number;
  /** Who asked: a user's name, or the schedule. */
  readonly requestedBy?: string;
  /** Who worked: host, or pod, with an id of the process. */
  readonly worker?: string;
  readonly startedAt?: string;
  readonly completedAt?: string;
  /** What the plan said. */
  readonly planned?: { readonly purge: number; readonly keep: number; readonly namespaces: number };
  readonly capsHit?: readonly PurgeRunCapHit[];
  readonly counts?: {
    readonly purged: number;
    readonly failed: number;
    readonly skipped: number;
    readonly notStarted: number;
    readonly kept: number;
  };
  /** Why it ended before its end. */
  readonly stoppedBy?: (typeof purgeRunStopCauses)[number];
  /** Failed ones first; at most {@link PurgeRunBound}.outcomes. */
  readonly outcomes?: readonly PurgeRunOutcome[];
  /** Outcomes that found no room above. */
  readonly outcomesOmitted?: number;
  /**
   * The way back of each release, written before the release goes: by `namespace/name` the revision, the undo Secret's name
   * its digest and the namespace's uid, with spaces between. All of them, unlike `outcomes`; bounded by {@link PurgeRunBound}.undoLength.
   */
  readonly undo?: Readonly<Record<string, string>>;
}

/** One run, cluster-scoped. */
export interface PurgeRun {
  readonly apiVersion: string;
  readonly kind: typeof PURGE_RUN_KIND;
  readonly metadata: ObjectMeta;
  readonly spec: PurgeRunSpec;
  readonly status?: PurgeRunStatus;
}

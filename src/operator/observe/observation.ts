// What a decision is made from: the resource, its release and its workloads, as plain data.
import type { ConditionReason } from '../../api/v1alpha1/conditions.ts';
import type { SdkStatus } from '../../api/v1alpha1/sdk-status.ts';
import type { WatchedResource } from '../../api/v1alpha1/watched-resource.ts';
import type { FailedAction } from '../../api/v1alpha1/watched-status.ts';
import type { HolderState } from '../../helm/holder.ts';
import type { ReleaseStatus } from '../../release/record.ts';
import type { WatchEntry } from '../../watches/watch-entry.ts';
import type { ResourceSettings } from '../decide/resource-settings.ts';
import type { Values } from '../values/values.ts';

/** A watched resource as the API server sent it. */
export interface ObservedResource extends WatchedResource {
  readonly metadata: WatchedResource['metadata'] & { readonly uid: string; readonly resourceVersion: string };
  /** The status as operator-sdk's helm-operator left it; `status` is undefined then. */
  readonly sdkStatus?: SdkStatus;
}

/** The latest revision of the release that has the resource's name. */
export interface ObservedRelease {
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** The owner label, `Kind.group`; undefined on a release that no operator of ours made. */
  readonly owner: string | undefined;
  /** The digest label as it stands. */
  readonly digestLabel: string | undefined;
  /** Of a revision that is locked: whether the process whose helm made it lives. `unknown` for every other. */
  readonly holder: HolderState;
  /** When the record was last changed, by helm's clock; undefined where nothing tells. Milliseconds since the epoch. */
  readonly touchedAtMs: number | undefined;
  /** The Secret that holds the revision, as it was seen. */
  readonly record: { readonly uid: string; readonly resourceVersion: string };
  /** Stored revisions below this one that were deployed once, newest first. */
  readonly good: readonly number[];
}

/** What the release should be made from, or why that cannot be told. */
export type Desired =
  | {
      readonly isKnown: true;
      readonly digest: string;
      readonly values: Values;
      /** What of them must not be told: layers out of Secrets, overrides out of the environment. See lib/redact.ts. */
      readonly secrets: readonly unknown[];
      /** What they are merged from, the chart's own apart, from the lowest to the highest: see values/values-layers.ts. */
      readonly layers: readonly string[];
      /** Something to tell as a Warning Event although the values are known. */
      readonly notice?: { readonly reason: 'InvalidAnnotation'; readonly message: string };
    }
  | {
      readonly isKnown: false;
      readonly reason: 'ValuesSourceFailed' | 'InvalidAnnotation' | 'InvalidValues';
      readonly message: string;
    };

/** The workloads of the release, summed up. */
export interface WorkloadsReadiness {
  readonly state: 'ready' | 'progressing' | 'failed';
  /** Which is not, and why. */
  readonly message: string;
  /** How long until something has to be looked at again of which no event tells: the pods of what is not ready. */
  readonly lookAgainMs?: number;
}

/** A failure, remembered until what it was made from changes. */
export interface FailureMemory {
  /** What was tried. */
  readonly digest: string;
  /** `force-requested-at` at the time: another text voids the memory. */
  readonly forceRequest: string | undefined;
  readonly action: FailedAction;
  readonly reason: ConditionReason;
  readonly message: string;
  /** Trying again cannot help until something changes. */
  readonly isTerminal: boolean;
  /** It says nothing about the revision (an API server that is away): it spends no try, and is no reason to go back. */
  readonly isPassing: boolean;
  /** The release's latest revision then; undefined where there was none. */
  readonly revision: number | undefined;
  /** Tries spent, in a row. */
  readonly count: number;
  /** Failures in a row, those included that spend no try: the wait grows with them. */
  readonly inRow: number;
  /** When it happened, milliseconds since the epoch. */
  readonly atMs: number;
  /** When the next try is due, milliseconds since the epoch. */
  readonly retryAtMs: number;
}

/** All that is known about one resource at one moment. */
export interface Observation {
  readonly entry: WatchEntry;
  /** The entry's, where an annotation of the resource does not say otherwise. */
  readonly settings: ResourceSettings;
  readonly resource: ObservedResource;
  /** Where the release is, or would be. */
  readonly releaseNamespace: string;
  /** Whether the entry's selector matches the resource. */
  readonly isSelected: boolean;
  readonly isNamespaceTerminating: boolean;
  readonly release: ObservedRelease | undefined;
  /** Whether the release is proved to be operator-sdk's for this very resource, and carries no owner label yet. */
  readonly isSdkOwned: boolean;
  /** Why it is not, where operator-sdk has had a release for the resource: a clause. */
  readonly sdkDoubt?: string;
  /** Why a release without owner label is not the one whose name and revision the status has: a clause. */
  readonly namedDoubt?: string;
  readonly desired: Desired;
  /** Undefined while there is no deployed release. */
  readonly workloads: WorkloadsReadiness | undefined;
  readonly failure: FailureMemory | undefined;
  /** `force-requested-at` as this process obeyed it last, whether or not the status could be told. */
  readonly handledForce?: string | undefined;
  /** Of a deletion that waits for them: objects of the release that are still there, as `Kind/name`. */
  readonly leftovers: readonly string[];
}

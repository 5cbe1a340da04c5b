// The plan: immutable data, an entry per release with the rule that decided and its reason (DESIGN.md P4).
import type { ReleaseStatus } from '../../release/record.ts';

/** What happens to a release. */
export type PlanAction = 'keep' | 'purge';

/** Which rule decided; stable, in the order in which they are asked. Documented in docs/purge.md. */
export const planRules = [
  'hard-denial',
  'rejected-record',
  'invalid-name',
  'uninstalled',
  'keep-namespace',
  'keep-release',
  'keep-record',
  'keep-owner',
  'exclude',
  'owned',
  'foreign',
  'unknown-age',
  'young-pending',
  'min-age',
  'not-in-plan',
  'namespace-cap',
  'unreadable-record',
  'record-mismatch',
  'delete-hooks',
  'outside-namespace',
  'volumes',
  'selected',
] as const;

/** One of {@link planRules}. */
export type PlanRule = (typeof planRules)[number];

/** A decision with what led to it. */
export interface Verdict {
  readonly action: PlanAction;
  readonly rule: PlanRule;
  /** A sentence. */
  readonly reason: string;
  /** Whether somebody should look at it: an opt-out that cannot be read, a forged record. Default false. */
  readonly isDoubtful?: boolean;
}

/** One release in the plan. */
export interface PlanEntry {
  readonly namespace: string;
  readonly name: string;
  /** 0 where no record of the release can be trusted. */
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** `name-version`; known of the releases whose record was read. */
  readonly chart?: string;
  /** Since the latest record was written or changed. */
  readonly ageMs?: number;
  readonly action: PlanAction;
  readonly rule: PlanRule;
  readonly reason: string;
  readonly isDoubtful?: boolean;
  /** What uninstalling leaves behind although it stands in the manifest: `PersistentVolumeClaim/data`. */
  readonly leaves?: readonly string[];
  /** What `purge restore` does not bring back, of a release that goes: `the ClusterIP of Service/shop`. */
  readonly notRestored?: readonly string[];
  /** The latest record as it was: a different one right before the act means that somebody touched the release. */
  readonly record?: { readonly uid: string; readonly resourceVersion: string };
  /** Over all stored records. */
  readonly recordsDigest?: string;
}

/** What became of a namespace. */
export interface PlanNamespace {
  readonly name: string;
  readonly uid?: string;
  readonly state: 'selected' | 'denied' | 'terminating' | 'not-selected' | 'over-cap';
  readonly reason: string;
}

/** A cap of the run that was hit: nothing at all is deleted. */
export interface CapHit {
  readonly cap: 'maxReleases' | 'maxNamespaces' | 'maxPercent';
  readonly limit: number;
  readonly found: number;
  readonly reason: string;
}

/** What would be done, and why. */
export interface PurgePlan {
  readonly apiVersion: 'velotio.com/v1alpha1';
  readonly kind: 'PurgePlan';
  readonly policy: string;
  readonly context: string;
  readonly server: string;
  readonly createdAt: string;
  /** Sorted by name. */
  readonly namespaces: readonly PlanNamespace[];
  /** Sorted by namespace and name. */
  readonly entries: readonly PlanEntry[];
  /** What somebody should look at, and which is of no release: a sentence each. */
  readonly warnings: readonly string[];
  /** Not empty: the run is blocked. The entries still say what it would have done. */
  readonly capsHit: readonly CapHit[];
  readonly counts: { readonly purge: number; readonly keep: number; readonly namespaces: number };
}

/** Whether anything may be deleted by this plan. */
export function isBlocked(plan: PurgePlan): boolean {
  return plan.capsHit.length > 0;
}

/** The policy's namespaces, be something purged there or not. */
export function selectedNamespaces(plan: PurgePlan): readonly string[] {
  return plan.namespaces.filter(({ state }) => state === 'selected' || state === 'over-cap').map(({ name }) => name);
}

/** The entries that a run would act on; none where the plan is blocked. */
export function entriesToPurge(plan: PurgePlan): readonly PlanEntry[] {
  return isBlocked(plan) ? [] : plan.entries.filter(({ action }) => action === 'purge');
}

/** Orders by namespace and name, byte-wise: independent of the order of input and of the locale. */
export function byKey(
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

// Status of a watched resource, composed from a decision and what came of it. Pure.

import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import {
  type Condition,
  type ConditionReason,
  type ConditionStatus,
  ConditionType,
} from '../../api/v1alpha1/conditions.ts';
import {
  type InventoryEntry,
  MAX_HISTORY_ENTRIES,
  MAX_MESSAGE_LENGTH,
  type ReleaseSnapshot,
  type RevisionSnapshot,
  type WatchedStatus,
} from '../../api/v1alpha1/watched-status.ts';
import { forceRequestOf, recordOf } from '../decide/failure.ts';
import type { FailureMemory, ObservedResource } from '../observe/observation.ts';

/** How the resource stands, in the words of the conditions. */
export interface Verdict {
  /** Status of `Ready`. */
  readonly ready: ConditionStatus;
  readonly reason: ConditionReason;
  readonly message: string;
  /** `settled`: nothing to do. `working`: on the way, `Reconciling`. `stuck`: waits for a change, `Stalled`. */
  readonly phase: 'settled' | 'working' | 'stuck';
  /** What became of the last helm call; absent leaves `Deployed` as it is. */
  readonly deployed?: { readonly status: ConditionStatus; readonly reason: ConditionReason; readonly message: string };
  /** Set: the cluster differs from what the resource asks for, and is left so. */
  readonly drifted?: { readonly reason: ConditionReason; readonly message: string };
}

/** What a status is made from. */
export interface StatusInputs {
  /** The resource as it was when the pass decided: the status is about this generation, whatever came since. */
  readonly resource: ObservedResource;
  /** The status as it is now; the pass may have written to it already. Default the resource's. */
  readonly before?: WatchedStatus | undefined;
  readonly verdict: Verdict;
  /** The release now; null: there is none; undefined: as before. */
  readonly release?: ReleaseSnapshot | null;
  readonly inventory?: readonly InventoryEntry[];
  /** What failed and is not made good yet. */
  readonly failure?: FailureMemory | undefined;
  /** A rollback gave the last ready revision's content this new number. */
  readonly readyRevision?: number | undefined;
  /** Whether `force-requested-at`, as it stands, is obeyed with this. Default false. */
  readonly isForceHandled?: boolean;
  readonly nowMs: number;
}

/** The new status. Equal inputs give an equal status, so that an unchanged one need not be written. */
export function composeStatus(inputs: StatusInputs): WatchedStatus {
  const { resource, verdict, nowMs } = inputs;
  const before = inputs.before ?? resource.status ?? {};
  const generation = resource.metadata.generation;
  const release = inputs.release === undefined ? before.release : (inputs.release ?? undefined);
  const inventory = inputs.inventory ?? (inputs.release === null ? undefined : before.inventory);
  const handled = resource.metadata.annotations?.[ResourceAnnotation.reconcileRequestedAt];
  const forceHandled = inputs.isForceHandled === true ? forceRequestOf(resource) : before.lastHandledForceAt;
  const isReady = verdict.reason === 'WorkloadsReady' && release !== undefined;
  const ready = isReady ? release.revision : (inputs.readyRevision ?? before.readyRevision);
  // a higher one is of an earlier release of this name
  const readyRevision = ready !== undefined && ready <= (release?.revision ?? ready) ? ready : undefined;
  const history = withinBounds(historyAfter(before, release), readyRevision);
  const unreadySince = unreadySinceAfter(before, { verdict, nowMs });
  const context = { before: before.conditions ?? [], generation, nowMs };
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: conditionsOf(verdict, context),
    ...(release === undefined ? {} : { release }),
    ...(history.length === 0 ? {} : { history }),
    ...(inventory === undefined ? {} : { inventory }),
    ...failureFields(inputs.failure),
    ...(readyRevision === undefined ? {} : { readyRevision }),
    ...(unreadySince === undefined ? {} : { unreadySince }),
    ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }),
    ...(forceHandled === undefined ? {} : { lastHandledForceAt: forceHandled }),
  };
}

function failureFields(failure: FailureMemory | undefined): Pick<WatchedStatus, 'failures' | 'lastFailure'> {
  if (failure === undefined) return {};
  const record = recordOf(failure);
  const lastFailure = { ...record, message: bounded(record.message) };
  return failure.count === 0 ? { lastFailure } : { failures: failure.count, lastFailure };
}

/** Whether two statuses say the same: then nothing is written. */
export function isSameStatus(a: WatchedStatus | undefined, b: WatchedStatus): boolean {
  return a !== undefined && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

interface ConditionContext {
  readonly before: readonly Condition[];
  readonly generation: number | undefined;
  readonly nowMs: number;
}

type Claim = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function conditionsOf(verdict: Verdict, context: ConditionContext): readonly Condition[] {
  const { ready, reason, message, phase } = verdict;
  const deployed = context.before.find((each) => each.type === ConditionType.deployed);
  const claims: Claim[] = [{ type: ConditionType.ready, status: ready, reason, message }];
  if (verdict.deployed !== undefined) claims.push({ type: ConditionType.deployed, ...verdict.deployed });
  if (verdict.drifted !== undefined) claims.push({ type: ConditionType.drifted, status: 'True', ...verdict.drifted });
  if (phase === 'working') claims.push({ type: ConditionType.reconciling, status: 'True', reason, message });
  if (phase === 'stuck') claims.push({ type: ConditionType.stalled, status: 'True', reason, message });
  const conditions = claims.map((claim) => toCondition(claim, context));
  // what is only carried over keeps the generation that it was about
  const isCarriedOver = verdict.deployed === undefined && deployed !== undefined;
  return isCarriedOver
    ? [conditions[0], deployed, ...conditions.slice(1)].filter((each) => each !== undefined)
    : conditions;
}

/** `lastTransitionTime` moves only when the status does. */
function toCondition(claim: Claim, context: ConditionContext): Condition {
  const before = context.before.find((each) => each.type === claim.type);
  const isSame = before?.status === claim.status;
  return {
    type: claim.type,
    status: claim.status,
    ...(context.generation === undefined ? {} : { observedGeneration: context.generation }),
    lastTransitionTime: isSame ? before.lastTransitionTime : rfc3339(context.nowMs),
    reason: claim.reason,
    message: bounded(claim.message),
  };
}

/** What is said of the workloads. */
const unready: ReadonlySet<ConditionReason> = new Set(['WorkloadsProgressing', 'WorkloadsFailed', 'ReadyTimeout']);

/** While this is said, nobody looks at them: what is seen afterwards has the whole time before it. */
const unseen: ReadonlySet<ConditionReason> = new Set([
  'Suspended',
  'ValuesSourceFailed',
  'InvalidAnnotation',
  'InvalidValues',
]);

function unreadySinceAfter(
  before: WatchedStatus,
  { verdict, nowMs }: Pick<StatusInputs, 'verdict' | 'nowMs'>,
): string | undefined {
  if (verdict.ready === 'True' || unseen.has(verdict.reason)) return undefined;
  return before.unreadySince ?? (unready.has(verdict.reason) ? rfc3339(nowMs) : undefined);
}

/** Numbers begin anew with a release that was installed anew: what they meant before is not its history. */
function historyAfter(before: WatchedStatus, release: ReleaseSnapshot | undefined): readonly RevisionSnapshot[] {
  const isEarlier = ({ revision }: RevisionSnapshot): boolean => release === undefined || revision < release.revision;
  const history = before.history?.filter(isEarlier) ?? [];
  const last = before.release;
  if (last === undefined || last.revision === release?.revision || !isEarlier(last)) return history;
  const { name: _name, namespace: _namespace, ...snapshot } = last;
  const earlier: RevisionSnapshot = { ...snapshot, status: release === undefined ? last.status : 'superseded' };
  return [earlier, ...history.filter((each) => each.revision !== last.revision)];
}

/** However many came after it: the last ready revision stays, or it could not be told from a forged one, and gone back to. */
function withinBounds(history: readonly RevisionSnapshot[], ready: number | undefined): readonly RevisionSnapshot[] {
  const kept = history.slice(0, MAX_HISTORY_ENTRIES);
  const cut = history.slice(MAX_HISTORY_ENTRIES).find(({ revision }) => revision === ready);
  return cut === undefined ? kept : [...kept.slice(0, -1), cut];
}

/** The API's time format, in whole seconds. */
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function bounded(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : message;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

// What a failure is remembered as: whether it is worth another try, and when; and its form in the status. Pure.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import type { ConditionReason } from '../../api/v1alpha1/conditions.ts';
import type { FailedAction, FailureRecord, WatchedStatus } from '../../api/v1alpha1/watched-status.ts';
import type { HelmErrorCode } from '../../helm/errors.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { CodedError } from '../../lib/coded-error.ts';
import type { FailureMemory, ObservedResource } from '../observe/observation.ts';

/** Of what went wrong, in characters: helm says it of each object again. */
const maxCauseLength = 600;

const retryBackoff = { baseMs: 5_000, maxMs: 300_000 } as const;

const reasons: Partial<Record<HelmErrorCode, ConditionReason>> = {
  HELM_VALUES_INVALID: 'InvalidValues',
  HELM_RENDER_FAILED: 'InvalidValues',
  HELM_CHART_INVALID: 'InvalidChart',
  HELM_FORBIDDEN: 'Forbidden',
};

const fallback: Readonly<Record<FailedAction, ConditionReason>> = {
  install: 'InstallFailed',
  upgrade: 'UpgradeFailed',
  rollback: 'RollbackFailed',
  uninstall: 'UninstallFailed',
  ready: 'ReadyTimeout',
};

/** The request to try again although nothing changed, as the annotation stands. */
export function forceRequestOf(resource: ObservedResource): string | undefined {
  return resource.metadata.annotations?.[ResourceAnnotation.forceRequestedAt];
}

/** What failed, in which surroundings. */
export interface FailureContext {
  readonly action: FailedAction;
  readonly digest: string;
  /** As the annotation stands. */
  readonly forceRequest: string | undefined;
  /** The release's latest revision, as it was observed before. */
  readonly revision: number | undefined;
  readonly before: FailureMemory | undefined;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
}

/** What says nothing about what is tried, and passes. */
const passing: ReadonlySet<string> = new Set<HelmErrorCode>(['HELM_API_UNREACHABLE']);

/**
 * The memory of an error. An API server that is away spends no try, nor does going back: what is tried is the deployment, and
 * whether that can be helped is not for a rollback to say. The wait grows with every one of them.
 */
export function rememberFailure(error: CodedError, context: FailureContext): FailureMemory {
  const { action, before } = context;
  const reason = action === 'install' || action === 'upgrade' ? reasons[error.code as HelmErrorCode] : undefined;
  const wasTerminal = isAbout(before, context) && before.isTerminal;
  const isPassing = passing.has(error.code);
  return remember(context, {
    reason: reason ?? fallback[action],
    message: messageOf(error),
    isTerminal: action === 'rollback' ? wasTerminal : action !== 'uninstall' && error.isTerminal,
    isPassing,
    isTrySpent: action !== 'rollback' && !isPassing,
  });
}

/** However much was said: an Event, and what is added in a condition, have room for the remedy. */
function messageOf({ message, remedy }: CodedError): string {
  const text = message.length > maxCauseLength ? `${message.slice(0, maxCauseLength - 1)}…` : message;
  return remedy === undefined ? text : `${text} — ${remedy}`;
}

/**
 * The memory of a revision that did not become ready in time. One that was counted already, and could not be gone back from
 * since, is not counted again: what is known of it stays.
 */
export function rememberUnready(message: string, context: Omit<FailureContext, 'action'>): FailureMemory {
  const { before, revision } = context;
  const isCounted = isAbout(before, context) && before.revision === revision && cameOfUnready.has(before.action);
  if (isCounted) return before;
  return remember(
    { ...context, action: 'ready' },
    { reason: fallback.ready, message, isTerminal: false, isPassing: false, isTrySpent: true },
  );
}

const cameOfUnready: ReadonlySet<FailedAction> = new Set(['ready', 'rollback']);

/** Whether a memory is about what is desired now. */
export function isAbout(
  failure: FailureMemory | undefined,
  wanted: { readonly digest: string; readonly forceRequest: string | undefined },
): failure is FailureMemory {
  return failure !== undefined && failure.digest === wanted.digest && failure.forceRequest === wanted.forceRequest;
}

/** The memory as the status keeps it. */
export function recordOf(failure: FailureMemory): FailureRecord {
  const { digest, action, reason, message, isTerminal, isPassing, revision, count, inRow, forceRequest, atMs } =
    failure;
  return {
    digest,
    action,
    reason,
    message,
    ...(isTerminal ? { isTerminal } : {}),
    ...(isPassing ? { isPassing } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(inRow === count ? {} : { inRow }),
    ...(forceRequest === undefined ? {} : { forceRequestedAt: forceRequest }),
    time: new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  };
}

/** The memory that a status holds: what an operator knows that has just started. Undefined where nothing failed. */
export function memoryOf(status: WatchedStatus | undefined): FailureMemory | undefined {
  const { lastFailure, failures: count = 0 } = status ?? {};
  const inRow = lastFailure?.inRow ?? count;
  if (lastFailure === undefined || inRow === 0) return undefined;
  const { isTerminal = false, isPassing = false, forceRequestedAt: forceRequest, time } = lastFailure;
  const { digest, action, reason, message, revision } = lastFailure;
  const parsedMs = Date.parse(time);
  const atMs = Number.isNaN(parsedMs) ? 0 : parsedMs;
  const retryAtMs = atMs + backoffMs(inRow - 1, 0, retryBackoff);
  const about = { digest, forceRequest, action, revision };
  return { ...about, reason, message, isTerminal, isPassing, count, inRow, atMs, retryAtMs };
}

function remember(
  context: FailureContext,
  what: Pick<FailureMemory, 'reason' | 'message' | 'isTerminal' | 'isPassing'> & { readonly isTrySpent: boolean },
): FailureMemory {
  const { action, digest, forceRequest, revision, before, nowMs, random } = context;
  const { isTrySpent, ...failure } = what;
  const earlier = isAbout(before, { digest, forceRequest }) ? before : { count: 0, inRow: 0 };
  return {
    ...failure,
    digest,
    forceRequest,
    action,
    revision,
    count: isTrySpent ? earlier.count + 1 : earlier.count,
    inRow: earlier.inRow + 1,
    atMs: nowMs,
    retryAtMs: nowMs + backoffMs(earlier.inRow, random, retryBackoff),
  };
}

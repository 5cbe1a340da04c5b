// What a failed helm call is remembered as: whether it is worth another try, and when. Pure.
import { ResourceAnnotation } from '../api/v1alpha1/annotations.ts';
import type { HelmError, HelmErrorCode } from '../helm/errors.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { FailureMemory, ObservedResource } from './observation.ts';

const retryBackoff = { baseMs: 5_000, maxMs: 300_000 } as const;

const reasons: Partial<Record<HelmErrorCode, FailureMemory['reason']>> = {
  HELM_VALUES_INVALID: 'InvalidValues',
  HELM_RENDER_FAILED: 'InvalidValues',
  HELM_CHART_INVALID: 'InvalidChart',
  HELM_FORBIDDEN: 'Forbidden',
};

/** The request to try again although nothing changed, as the annotation stands. */
export function forceRequestOf(resource: ObservedResource): string | undefined {
  return resource.metadata.annotations?.[ResourceAnnotation.forceRequestedAt];
}

/** The memory of a failure. An API server that is away spends no try. */
export function rememberFailure(
  error: HelmError,
  context: {
    readonly verb: 'install' | 'upgrade' | 'uninstall';
    readonly digest: string;
    /** As the annotation stands. */
    readonly forceRequest: string | undefined;
    readonly before: FailureMemory | undefined;
    readonly nowMs: number;
    /** In [0, 1). */
    readonly random: number;
  },
): FailureMemory {
  const { verb, digest, forceRequest, before, nowMs, random } = context;
  const isRepeated = before?.digest === digest && before.forceRequest === forceRequest;
  const earlier = isRepeated ? before.count : 0;
  const fallback = { install: 'InstallFailed', upgrade: 'UpgradeFailed', uninstall: 'UninstallFailed' } as const;
  return {
    digest,
    forceRequest,
    reason: verb === 'uninstall' ? 'UninstallFailed' : (reasons[error.code] ?? fallback[verb]),
    message: error.remedy === undefined ? error.message : `${error.message} — ${error.remedy}`,
    isTerminal: verb !== 'uninstall' && error.isTerminal,
    count: error.code === 'HELM_API_UNREACHABLE' ? earlier : earlier + 1,
    retryAtMs: nowMs + backoffMs(earlier, random, retryBackoff),
  };
}

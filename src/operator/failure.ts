// What a failed helm call is remembered as: whether it is worth another try, and when. Pure.
import type { HelmError, HelmErrorCode } from '../helm/errors.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { FailureMemory } from './observation.ts';

const retryBackoff = { baseMs: 5_000, maxMs: 300_000 } as const;

const reasons: Partial<Record<HelmErrorCode, FailureMemory['reason']>> = {
  HELM_VALUES_INVALID: 'InvalidValues',
  HELM_RENDER_FAILED: 'InvalidValues',
  HELM_CHART_INVALID: 'InvalidChart',
  HELM_FORBIDDEN: 'Forbidden',
};

/** The memory of a failure. An API server that is away spends no try. */
export function rememberFailure(
  error: HelmError,
  context: {
    readonly verb: 'install' | 'upgrade' | 'uninstall';
    readonly digest: string;
    readonly before: FailureMemory | undefined;
    readonly nowMs: number;
    /** In [0, 1). */
    readonly random: number;
  },
): FailureMemory {
  const { verb, digest, before, nowMs, random } = context;
  const earlier = before?.digest === digest ? before.count : 0;
  const fallback = { install: 'InstallFailed', upgrade: 'UpgradeFailed', uninstall: 'UninstallFailed' } as const;
  return {
    digest,
    reason: verb === 'uninstall' ? 'UninstallFailed' : (reasons[error.code] ?? fallback[verb]),
    message: error.remedy === undefined ? error.message : `${error.message} — ${error.remedy}`,
    isTerminal: verb !== 'uninstall' && error.isTerminal,
    count: error.code === 'HELM_API_UNREACHABLE' ? earlier : earlier + 1,
    retryAtMs: nowMs + backoffMs(earlier, random, retryBackoff),
  };
}

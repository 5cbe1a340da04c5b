// The report of a restore: what became of every release that was to come back. Pure.
import { byKey } from '../plan/plan.ts';

/** How one release ended. */
export type RestoreResult =
  | { readonly result: 'restored'; readonly durationMs: number; readonly newRevision: number }
  /** Of a dry run: nothing stands in the way. */
  | { readonly result: 'restorable' }
  | { readonly result: 'skipped'; readonly reason: string }
  | { readonly result: 'refused'; readonly code: string; readonly reason: string; readonly remedy: string }
  | {
      readonly result: 'failed';
      readonly durationMs: number;
      /** Stable, of the error that it failed with. */
      readonly code: string;
      readonly message: string;
      readonly remedy?: string;
    }
  | { readonly result: 'not-started'; readonly reason: string };

/** A result with the release that it is of. */
export type RestoreOutcome = RestoreResult & {
  readonly namespace: string;
  readonly name: string;
  /** Which is brought back; 0 where the run noted none. */
  readonly revision: number;
};

/** Why a restore ended before its end. */
export type RestoreStop = 'interrupted' | 'lock-lost';

/** A restore that is over, or what one would do. */
export interface RestoreReport {
  readonly apiVersion: 'velotio.com/v1alpha1';
  readonly kind: 'PurgeRestoreReport';
  /** The run that had purged them. */
  readonly run: string;
  readonly policy: string;
  readonly context: string;
  readonly server: string;
  readonly isDryRun: boolean;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly stoppedBy?: RestoreStop;
  readonly counts: {
    readonly restored: number;
    readonly restorable: number;
    readonly skipped: number;
    readonly refused: number;
    readonly failed: number;
    readonly notStarted: number;
  };
  /** Sorted by namespace and name. */
  readonly outcomes: readonly RestoreOutcome[];
}

/** What a report is made from. */
export interface RestoreReportParts
  extends Omit<RestoreReport, 'apiVersion' | 'kind' | 'counts' | 'startedAt' | 'stoppedBy'> {
  readonly startedAtMs: number;
  readonly stoppedBy?: RestoreStop | undefined;
}

/** Sorts and counts. */
export function assembleRestoreReport(parts: RestoreReportParts): RestoreReport {
  const { outcomes, startedAtMs, stoppedBy, durationMs, ...rest } = parts;
  const count = (result: RestoreResult['result']): number => outcomes.filter((one) => one.result === result).length;
  return {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgeRestoreReport',
    ...rest,
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: Math.round(durationMs),
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
    counts: {
      restored: count('restored'),
      restorable: count('restorable'),
      skipped: count('skipped'),
      refused: count('refused'),
      failed: count('failed'),
      notStarted: count('not-started'),
    },
    outcomes: outcomes.toSorted(byKey),
  };
}

// The report of a run: what became of every release in the plan, and why the others live.
import type { purgeRunStopCauses } from '../../api/v1alpha1/purge-run.ts';
import { byKey, type CapHit, type PlanEntry, type PurgePlan } from '../plan/plan.ts';
import { type LeftObject, type RetainedStorage, retainedStorage, type UnlookedReason } from '../verify/left-object.ts';

/** What did it, of two. */
interface ByDriver {
  /** Absent: that was never chosen. */
  readonly driver?: 'helm' | 'native';
  /** Why it was helm, where native comes first: a clause. */
  readonly driverReason?: string;
}

/** How one release of a run ended. */
export type Outcome =
  | (ByDriver & {
      readonly result: 'purged';
      readonly durationMs: number;
      readonly note?: string;
      /** The way back. */
      readonly undo?: { readonly secret: string; readonly revision: number; readonly digest: string };
      /** What is still there when the run is over. Absent: nothing. */
      readonly left?: readonly LeftObject[];
    })
  | (ByDriver & {
      readonly result: 'failed';
      readonly durationMs: number;
      /** Stable, of the error that it failed with. */
      readonly code: string;
      readonly message: string;
      readonly remedy?: string;
      /** Whether the very record of the plan is still stored; `unknown` where it was not, or could not be, looked at. */
      readonly record: 'left' | 'gone' | 'unknown';
      /** As of what is purged, where the record may be gone. */
      readonly left?: readonly LeftObject[];
    })
  | {
      readonly result: 'skipped';
      readonly durationMs: number;
      readonly reason: string;
      /** Stable, where helm could not be trusted with the release, which is kept as a whole. */
      readonly code?: string;
      readonly remedy?: string;
    }
  | { readonly result: 'not-started'; readonly reason: string };

/** An outcome with the release that it is of. */
export type ReleaseOutcome = Outcome & Pick<PlanEntry, 'namespace' | 'name' | 'revision' | 'chart' | 'leaves'>;

/** Why a run ended before its end. */
export type StopCause = (typeof purgeRunStopCauses)[number];

/** The same in words: after "it was not reached, because". */
export const stopReasons: Readonly<Record<StopCause, string>> = {
  cap: 'a cap of the run was hit',
  interrupted: 'the run was interrupted',
  deadline: "the run's deadline had passed",
  failures: 'too many releases failed one after another (maxConsecutiveFailures)',
  'lock-lost': "the run's Lease was lost: another purge may be at work",
  suspended: 'the policy was suspended',
  'policy-changed': 'the policy was changed during the run',
};

/** A run that is over. */
export interface PurgeReport {
  readonly apiVersion: 'velotio.com/v1alpha1';
  readonly kind: 'PurgeReport';
  /** Name of the run, and of its PurgeRun where there is one. */
  readonly run: string;
  readonly policy: string;
  readonly context: string;
  readonly server: string;
  /** `auto`: each outcome says which. */
  readonly driver: string;
  readonly concurrency: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly stoppedBy?: StopCause;
  /** Not empty: nothing at all was deleted. */
  readonly capsHit: readonly CapHit[];
  readonly counts: {
    readonly purged: number;
    readonly failed: number;
    readonly skipped: number;
    readonly notStarted: number;
    readonly kept: number;
  };
  /** Volume claims that the releases left. Absent: none. */
  readonly retained?: RetainedStorage;
  /** Why not all that the releases may have left was looked at. Absent: all of it was. */
  readonly unlooked?: UnlookedReason;
  /** Sorted by namespace and name. */
  readonly outcomes: readonly ReleaseOutcome[];
  /** The releases that the plan kept, with the rule and the reason. */
  readonly kept: readonly Pick<
    PlanEntry,
    'namespace' | 'name' | 'revision' | 'status' | 'rule' | 'reason' | 'isDoubtful'
  >[];
}

/** What a report is made from. */
export interface ReportParts {
  readonly run: string;
  readonly plan: PurgePlan;
  readonly outcomes: readonly ReleaseOutcome[];
  /** By `namespace/name`. Default nothing. */
  readonly left?: ReadonlyMap<string, readonly LeftObject[]> | undefined;
  readonly unlooked?: UnlookedReason | undefined;
  /** `namespace/name` of those that somebody has begun again. Default none. */
  readonly again?: ReadonlySet<string>;
  /** `auto`: each outcome says which. */
  readonly driver: string;
  readonly concurrency: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly stoppedBy?: StopCause | undefined;
}

/** Sorts and counts. */
export function assembleReport(parts: ReportParts): PurgeReport {
  const { plan, left, unlooked, again, stoppedBy } = parts;
  const outcomes = parts.outcomes.map((outcome) => withNote(withLeft(outcome, left), again));
  const retained = retainedStorage([...(left?.values() ?? [])].flat());
  const kept = plan.entries.filter(({ action }) => action === 'keep');
  const count = (result: Outcome['result']): number => outcomes.filter((one) => one.result === result).length;
  return {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgeReport',
    run: parts.run,
    policy: plan.policy,
    context: plan.context,
    server: plan.server,
    driver: parts.driver,
    concurrency: parts.concurrency,
    startedAt: new Date(parts.startedAtMs).toISOString(),
    durationMs: Math.round(parts.durationMs),
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
    capsHit: plan.capsHit,
    counts: {
      purged: count('purged'),
      failed: count('failed'),
      skipped: count('skipped'),
      notStarted: count('not-started'),
      kept: kept.length,
    },
    ...(retained.claims === 0 ? {} : { retained }),
    ...(unlooked === undefined ? {} : { unlooked }),
    outcomes: outcomes.toSorted(byKey),
    kept: kept.map(({ namespace, name, revision, status, rule, reason, isDoubtful }) => ({
      namespace,
      name,
      revision,
      status,
      rule,
      reason,
      ...(isDoubtful === true ? { isDoubtful } : {}),
    })),
  };
}

function withLeft(outcome: ReleaseOutcome, all: ReportParts['left']): ReleaseOutcome {
  const left = all?.get(`${outcome.namespace}/${outcome.name}`) ?? [];
  const mayLeave = outcome.result === 'purged' || outcome.result === 'failed';
  return mayLeave && left.length > 0 ? { ...outcome, left } : outcome;
}

/** What is said of a release that is gone, and is there again. */
export const againNote = 'somebody has installed it again meanwhile';

function withNote(outcome: ReleaseOutcome, again: ReportParts['again']): ReleaseOutcome {
  const isAgain = again?.has(`${outcome.namespace}/${outcome.name}`) === true;
  return isAgain && outcome.result === 'purged' ? { ...outcome, note: againNote } : outcome;
}

/** What became of how many releases. */
export function countsLine({ purged, failed, skipped, notStarted, kept }: PurgeReport['counts']): string {
  return `${purged} purged, ${failed} failed, ${skipped} skipped, ${notStarted} not started, ${kept} kept`;
}

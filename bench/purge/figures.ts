// What is measured, and how several runs become one figure.
import type { ComponentName } from '../../src/local/components.ts';
import type { RequestsByAgent } from '../audit-log.ts';
import { median } from '../statistics.ts';
import type { ProgramCost } from './metered-programs.ts';

/**
 * Who uninstalls: helm alone, one at a time or eight; our purge with either driver; Fairwinds' pruner. `floor` is nobody:
 * the bare DELETEs, beneath which nothing can be.
 */
export const sideNames = ['serial', 'helm8', 'helm-driver', 'native', 'pruner', 'floor'] as const;

/** One of {@link sideNames}. */
export type SideName = (typeof sideNames)[number];

/** One uninstall of all releases. */
export interface SideFigures {
  /** From the start of the first process until nothing is left of any release, and the processes have ended. */
  readonly seconds: number;
  readonly requests: RequestsByAgent;
  /** CPU and memory of the processes that were started for it. */
  readonly cost: ProgramCost;
  /** CPU seconds of the control plane meanwhile. */
  readonly controlPlane: Readonly<Partial<Record<ComponentName, number>>>;
  /** CPU seconds of the benchmark itself, with its proxy and its watches. */
  readonly benchCpuSeconds: number;
  /** CPU seconds of everything on the machine, what has nothing to do with it included. */
  readonly machineCpuSeconds: number;
}

/** One run with N releases and one latency: everything side by side. */
export interface RunFigures {
  readonly n: number;
  readonly latencyMs: number;
  /** Without those that were not measured. */
  readonly sides: Readonly<Partial<Record<SideName, SideFigures>>>;
}

/** One look at all releases. */
export interface LookFigures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Resident at most. */
  readonly peakMb: number;
}

/** How all releases are looked at, each of them several times. */
export const lookNames = ['start', 'plan', 'plan-reading', 'helm-list'] as const;

/** One of {@link lookNames}. */
export type LookName = (typeof lookNames)[number];

/** The plan beside `helm list`. */
export interface PlanFigures {
  /** Releases. */
  readonly n: number;
  readonly revisions: number;
  /** Mean size of what Helm keeps in a record. */
  readonly recordBytes: number;
  readonly looks: Readonly<Record<LookName, readonly LookFigures[]>>;
  /** Received from the API server, of one more look each. */
  readonly bytes: Readonly<Record<LookName, number>>;
}

/** The last line of the output. A key is null where it was not measured. */
export interface LastLine {
  readonly n: number;
  readonly nativeToSerial: number | null;
  readonly nativeToHelm8: number | null;
  readonly nativeToHelm8At20ms: number | null;
  readonly helmDriverToSerial: number | null;
  readonly nativeToPruner: number | null;
  readonly planSeconds: number | null;
  readonly planToHelmList: number | null;
  readonly planResidentMb: number | null;
}

/** Releases a second; null where it was not measured. */
export function rateOf({ n, sides }: RunFigures, side: SideName): number | null {
  const seconds = sides[side]?.seconds;
  return seconds === undefined ? null : n / seconds;
}

/** Releases a second of one side, times those of another in the same run. */
export function rateRatio(run: RunFigures, side: SideName, other: SideName): number | null {
  const [mine, theirs] = [rateOf(run, side), rateOf(run, other)];
  return mine === null || theirs === null ? null : mine / theirs;
}

/** Those with this latency. */
export function withLatency(runs: readonly RunFigures[], latencyMs: number): readonly RunFigures[] {
  return runs.filter((run) => run.latencyMs === latencyMs);
}

/** The middle of what was measured, null where nothing was. */
export function middleOf(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : median(measured);
}

/** Seconds of `helm list` for each second of the plan: how many times as many releases a second. */
export function planToHelmList({ looks }: PlanFigures): number {
  return secondsOf(looks['helm-list']) / secondsOf(looks.plan);
}

/** Seconds of the middle one. */
export function secondsOf(looks: readonly LookFigures[]): number {
  return median(looks.map(({ seconds }) => seconds));
}

/** Of the largest N; the median where it was measured more than once. Ratios are of one run each, then their median. */
export function lastLine(runs: readonly RunFigures[], plan: PlanFigures | null): LastLine {
  const n = Math.max(...runs.map((run) => run.n));
  const largest = runs.filter((run) => run.n === n);
  const ratio = (side: SideName, other: SideName, latencyMs = 0): number | null =>
    rounded(middleOf(withLatency(largest, latencyMs).map((run) => rateRatio(run, side, other))));
  return {
    n,
    nativeToSerial: ratio('native', 'serial'),
    nativeToHelm8: ratio('native', 'helm8'),
    nativeToHelm8At20ms: ratio('native', 'helm8', 20),
    helmDriverToSerial: ratio('helm-driver', 'serial'),
    nativeToPruner: ratio('native', 'pruner'),
    planSeconds: rounded(plan && secondsOf(plan.looks.plan)),
    planToHelmList: rounded(plan && planToHelmList(plan)),
    planResidentMb: rounded(plan && median(plan.looks.plan.map(({ peakMb }) => peakMb))),
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(2));
}

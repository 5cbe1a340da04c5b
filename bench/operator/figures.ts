// What is measured, and how several runs become one figure.
import { type RequestsByAgent, totalRequests } from '../audit-log.ts';
import { median } from '../statistics.ts';

/** What every side has: seconds from the first request until the cluster shows the result. */
export interface SideFigures {
  /** Until all pods run. */
  readonly installSeconds: number;
  /** Until all releases are at their second revision and all new pods run, and no old one. */
  readonly updateSeconds: number;
  /** Until no resource, record, object or pod is left. */
  readonly deleteSeconds: number;
}

/** What an operator has besides. */
export interface OperatorFigures extends SideFigures {
  /** From the first request until all resources say that they are done. */
  readonly doneSeconds: number;
  readonly idle: {
    /** null where helm is not a process. */
    readonly helmProcesses: number | null;
    readonly requests: RequestsByAgent;
    /** Of the operator and of the helm processes that it started. */
    readonly cpuSeconds: number;
  };
  /** Resident memory of the operator's process, without its helm processes. */
  readonly memory: {
    /** Without any resource. */
    readonly emptyMb: number;
    /** After the idle time. */
    readonly residentMb: number;
    /** The most until then. */
    readonly peakMb: number;
  };
  /** After an end and a new start with all resources there; null where it is not measured. */
  readonly restart: {
    /** From the start of the process until each resource was looked at. */
    readonly seconds: number;
    /** Started since. */
    readonly helmProcesses: number;
    readonly residentMb: number;
  } | null;
}

/** One run with N resources: everything side by side. */
export interface RunFigures {
  readonly n: number;
  readonly floor: SideFigures;
  readonly ours: OperatorFigures;
  /** null where no other operator was named. */
  readonly peer: OperatorFigures | null;
}

/** The last line of the output. A key is null where it was not measured. */
export interface LastLine {
  readonly n: number;
  readonly installToFloor: number;
  readonly installToPeer: number | null;
  readonly installSeconds: number;
  readonly idleHelmProcesses: number;
  readonly idleRequests: number;
  readonly idleCpuSeconds: number;
  readonly updateSeconds: number;
  readonly deleteAllSeconds: number;
  readonly deleteToPeer: number | null;
  readonly residentMb: number;
  readonly residentAboveIdleMb: number;
}

/** Of the largest N; the median where it was measured more than once. Ratios are of one run each, then their median. */
export function lastLine(runs: readonly RunFigures[]): LastLine {
  const n = Math.max(...runs.map((run) => run.n));
  const largest = runs.filter((run) => run.n === n);
  const middle = (figure: (run: RunFigures) => number): number => round(median(largest.map(figure)));
  const toPeer = (figure: (side: SideFigures) => number): number | null => {
    const ratios = largest.flatMap(({ ours, peer }) => (peer === null ? [] : [figure(ours) / figure(peer)]));
    return ratios.length === 0 ? null : round(median(ratios));
  };
  return {
    n,
    installToFloor: middle(({ ours, floor }) => ours.installSeconds / floor.installSeconds),
    installToPeer: toPeer((side) => side.installSeconds),
    installSeconds: middle(({ ours }) => ours.installSeconds),
    idleHelmProcesses: middle(({ ours }) => ours.idle.helmProcesses ?? 0),
    idleRequests: middle(({ ours }) => totalRequests(ours.idle.requests)),
    idleCpuSeconds: middle(({ ours }) => ours.idle.cpuSeconds),
    updateSeconds: middle(({ ours }) => ours.updateSeconds),
    deleteAllSeconds: middle(({ ours }) => ours.deleteSeconds),
    deleteToPeer: toPeer((side) => side.deleteSeconds),
    residentMb: middle(({ ours }) => ours.memory.residentMb),
    residentAboveIdleMb: middle(({ ours }) => ours.memory.residentMb - ours.memory.emptyMb),
  };
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

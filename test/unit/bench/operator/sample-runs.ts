// Figures for tests of what is made of them.
import type { OperatorFigures, RunFigures } from '../../../../bench/operator/figures.ts';

/** An operator that needs so many seconds for each step. */
export function operatorFigures(seconds: number, changes: Partial<OperatorFigures> = {}): OperatorFigures {
  return {
    installSeconds: seconds,
    doneSeconds: seconds + 1,
    updateSeconds: seconds,
    deleteSeconds: seconds,
    idle: { helmProcesses: 0, requests: { 'bookstore-operator/0.1.0': 11, 'Helm/4.2.3': 1 }, cpuSeconds: 0.04 },
    memory: { emptyMb: 100, residentMb: 150, peakMb: 160 },
    restart: { seconds: 1.5, helmProcesses: 0, residentMb: 145 },
    ...changes,
  };
}

/** A run where ours needs `ours` seconds for each step and the bare API 2. */
export function runFigures(n: number, ours: number, peer: number | null = null): RunFigures {
  return {
    n,
    floor: { installSeconds: 2, updateSeconds: 2, deleteSeconds: 2 },
    ours: operatorFigures(ours),
    peer:
      peer === null
        ? null
        : operatorFigures(peer, {
            restart: null,
            idle: { helmProcesses: null, requests: { 'helm-operator/v0.0.0': 1_200 }, cpuSeconds: 34 },
          }),
  };
}

// Figures for tests of what is made of them.
import type { LookFigures, PlanFigures, RunFigures, SideFigures } from '../../../../bench/purge/figures.ts';

/** A side that needs so many seconds. */
export function sideFigures(seconds: number, changes: Partial<SideFigures> = {}): SideFigures {
  return {
    seconds,
    requests: { 'Helm/4.2.3': 600 },
    cost: { cpuSeconds: seconds / 2, programMb: null, helmMb: 70, togetherMb: 70 },
    controlPlane: { 'kube-apiserver': seconds * 0.6, etcd: seconds * 0.2 },
    benchCpuSeconds: 0.25,
    machineCpuSeconds: seconds * 1.4 + 0.25,
    ...changes,
  };
}

const ourRequests = { 'bookstore-operator': 900 };

/** Native needs `native` seconds; serial helm 8, eight at a time 5, our helm driver 6. */
export function runFigures(
  n: number,
  native: number,
  rest: { readonly latencyMs?: number; readonly pruner?: number } = {},
): RunFigures {
  const { latencyMs = 0, pruner } = rest;
  return {
    n,
    latencyMs,
    sides: {
      serial: sideFigures(8),
      helm8: sideFigures(5, { cost: { cpuSeconds: 6, programMb: null, helmMb: 71, togetherMb: 560 } }),
      'helm-driver': sideFigures(6, {
        requests: { ...ourRequests, 'Helm/4.2.3': 600 },
        cost: { cpuSeconds: 8, programMb: 150, helmMb: 72, togetherMb: 700 },
      }),
      native: sideFigures(native, {
        requests: ourRequests,
        cost: { cpuSeconds: native / 2, programMb: 160, helmMb: null, togetherMb: 160 },
      }),
      ...(pruner === undefined
        ? {}
        : { pruner: sideFigures(pruner, { cost: { cpuSeconds: 2, programMb: 90, helmMb: null, togetherMb: 90 } }) }),
    },
  };
}

function looks(seconds: readonly number[], peakMb: number): readonly LookFigures[] {
  return seconds.map((each) => ({ seconds: each, cpuSeconds: each * 1.2, peakMb }));
}

/** A plan that takes as many seconds as one looks; helm's list takes 2.5. */
export function planFigures(seconds: readonly number[], peakMb = 150): PlanFigures {
  return {
    n: 4_000,
    revisions: 5,
    recordBytes: 9_876,
    looks: {
      start: looks([0.3, 0.3, 0.4], 110),
      plan: looks(seconds, peakMb),
      'plan-reading': looks([6, 7, 8], 220),
      'helm-list': looks([2.4, 2.5, 2.6], 470),
    },
    bytes: { start: 60_000, plan: 9_000_000, 'plan-reading': 60_000_000, 'helm-list': 210_000_000 },
  };
}

// Figures of several runs as the points of a line.
import { median } from './statistics.ts';
import type { Chart, Point } from './svg.ts';

/** One point for each size that was measured: the median, with a bar from the least to the most. */
export function pointsOf<R extends { readonly n: number }>(
  runs: readonly R[],
  figure: (run: R) => number | null,
): readonly Point[] {
  const sizes = [...new Set(runs.map(({ n }) => n))].toSorted((a, b) => a - b);
  return sizes.flatMap((n) => {
    const values = runs.filter((run) => run.n === n).flatMap((run) => figure(run) ?? []);
    if (values.length === 0) return [];
    return [{ x: n, y: median(values), low: Math.min(...values), high: Math.max(...values) }];
  });
}

/** The chart with the lines that have points. */
export function withMeasured(chart: Chart): Chart {
  return { ...chart, series: chart.series.filter(({ points }) => points.length > 0) };
}

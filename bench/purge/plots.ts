// The plots of the page: releases a second and memory over the number of releases.
import { pointsOf, withMeasured } from '../plot-points.ts';
import { type Chart, lineChart, palette, type Series } from '../svg.ts';
import { type RunFigures, rateOf, type SideName, sideNames, withLatency } from './figures.ts';
import { sideTitles } from './side-titles.ts';

const colours: Readonly<Record<SideName, string>> = {
  native: palette.blue,
  'helm-driver': palette.green,
  helm8: palette.orange,
  serial: palette.grey,
  pruner: palette.purple,
  floor: palette.red,
};

/** File names and contents. */
export function purgePlots(runs: readonly RunFigures[]): readonly { readonly name: string; readonly svg: string }[] {
  const axes = { xTitle: 'releases' } as const;
  const lines = (latencyMs: number, figure: (run: RunFigures, side: SideName) => number | null): readonly Series[] =>
    sideNames.map((side) => ({
      name: sideTitles[side],
      colour: colours[side],
      points: pointsOf(withLatency(runs, latencyMs), (run) => figure(run, side)),
    }));
  const charts: Readonly<Record<string, Chart>> = {
    rate: { ...axes, title: 'Uninstalled a second', yTitle: 'releases/s', series: lines(0, rateOf) },
    'rate-20ms': {
      ...axes,
      title: 'Uninstalled a second, with 20 ms of latency',
      yTitle: 'releases/s',
      series: lines(20, rateOf),
    },
    memory: {
      ...axes,
      title: 'Resident memory of all processes together, at most',
      yTitle: 'MB',
      series: lines(0, ({ sides }, side) => sides[side]?.cost.togetherMb ?? null),
    },
  };
  return Object.entries(charts).map(([name, chart]) => ({
    name: `purge-${name}.svg`,
    svg: lineChart(withMeasured(chart)),
  }));
}

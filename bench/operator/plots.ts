// The plots of the page: seconds and memory over the number of resources.
import { median } from '../statistics.ts';
import { type Chart, lineChart, type Point, palette, type Series } from '../svg.ts';
import type { OperatorFigures, RunFigures, SideFigures } from './figures.ts';

const xTitle = 'resources';

/** File names and contents. */
export function operatorPlots(runs: readonly RunFigures[]): readonly { readonly name: string; readonly svg: string }[] {
  const operators = (figure: (side: OperatorFigures) => number): readonly Series[] => [
    series(
      'ours',
      palette.blue,
      pointsOf(runs, ({ ours }) => figure(ours)),
    ),
    series(
      'helm-operator',
      palette.orange,
      pointsOf(runs, ({ peer }) => peer && figure(peer)),
    ),
  ];
  const seconds = (figure: (side: SideFigures) => number): readonly Series[] => [
    ...operators(figure),
    series(
      'bare API',
      palette.grey,
      pointsOf(runs, ({ floor }) => figure(floor)),
    ),
  ];
  const charts: Readonly<Record<string, Chart>> = {
    install: {
      title: 'Install, until all pods run',
      xTitle,
      yTitle: 'seconds',
      series: seconds((side) => side.installSeconds),
    },
    delete: {
      title: 'Delete, until nothing is left',
      xTitle,
      yTitle: 'seconds',
      series: seconds((side) => side.deleteSeconds),
    },
    memory: {
      title: 'Resident memory of the operator after an idle minute',
      xTitle,
      yTitle: 'MB',
      series: operators((side) => side.memory.residentMb),
      limit: { y: 220, name: 'our limit at 1,000 resources' },
    },
  };
  return Object.entries(charts).map(([name, chart]) => ({
    name: `operator-${name}.svg`,
    svg: lineChart(drawn(chart)),
  }));
}

/** Only what was measured. */
function drawn(chart: Chart): Chart {
  return { ...chart, series: chart.series.filter(({ points }) => points.length > 0) };
}

function series(name: string, colour: string, points: readonly Point[]): Series {
  return { name, colour, points };
}

function pointsOf(runs: readonly RunFigures[], figure: (run: RunFigures) => number | null): readonly Point[] {
  const sizes = [...new Set(runs.map(({ n }) => n))].toSorted((a, b) => a - b);
  return sizes.flatMap((n) => {
    const values = runs.filter((run) => run.n === n).flatMap((run) => figure(run) ?? []);
    if (values.length === 0) return [];
    return [{ x: n, y: median(values), low: Math.min(...values), high: Math.max(...values) }];
  });
}

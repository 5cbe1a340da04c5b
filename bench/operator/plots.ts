// The plots of the page: seconds and memory over the number of resources.
import { pointsOf, withMeasured } from '../plot-points.ts';
import { type Chart, lineChart, palette, type Series } from '../svg.ts';
import type { OperatorFigures, RunFigures, SideFigures } from './figures.ts';

const xTitle = 'resources';

/** File names and contents. */
export function operatorPlots(runs: readonly RunFigures[]): readonly { readonly name: string; readonly svg: string }[] {
  const operators = (figure: (side: OperatorFigures) => number): readonly Series[] => [
    { name: 'ours', colour: palette.blue, points: pointsOf(runs, ({ ours }) => figure(ours)) },
    { name: 'helm-operator', colour: palette.orange, points: pointsOf(runs, ({ peer }) => peer && figure(peer)) },
  ];
  const seconds = (figure: (side: SideFigures) => number): readonly Series[] => [
    ...operators(figure),
    { name: 'bare API', colour: palette.grey, points: pointsOf(runs, ({ floor }) => figure(floor)) },
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
    svg: lineChart(withMeasured(chart)),
  }));
}

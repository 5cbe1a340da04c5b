// What we promise of the purge's speed and memory, each with the figure that tells whether it holds.
import { median } from '../statistics.ts';
import { rowsOf, type Target } from '../target-rows.ts';
import { type PlanFigures, planToHelmList, type RunFigures, rateRatio, secondsOf, withLatency } from './figures.ts';

const times = { unit: '×', sense: '≥', digits: 2 } as const;

const direct: readonly Target<RunFigures>[] = [
  {
    ...times,
    what: 'native, times serial helm',
    sizes: [60],
    limit: 4,
    figure: (run) => rateRatio(run, 'native', 'serial'),
  },
  { ...times, what: 'native, times 8 × helm', limit: 2.2, figure: (run) => rateRatio(run, 'native', 'helm8') },
  { ...times, what: 'native, times release-pruner', limit: 2, figure: (run) => rateRatio(run, 'native', 'pruner') },
];

const delayed: readonly Target<RunFigures>[] = [
  {
    ...times,
    what: 'native, times 8 × helm, with 20 ms of latency',
    limit: 3,
    figure: (run) => rateRatio(run, 'native', 'helm8'),
  },
];

const ofPlan: readonly Target<PlanFigures>[] = [
  { what: 'plan', unit: 's', limit: 1, digits: 2, figure: ({ looks }) => secondsOf(looks.plan) },
  {
    what: 'plan, resident memory at most',
    unit: 'MB',
    limit: 180,
    sense: '<',
    digits: 0,
    figure: ({ looks }) => median(looks.plan.map(({ peakMb }) => peakMb)),
  },
  { ...times, what: 'plan, times helm list', limit: 1, figure: planToHelmList },
];

/** See {@link rowsOf}. */
export function targetRows(runs: readonly RunFigures[], plan: PlanFigures | null): readonly (readonly string[])[] {
  return [
    ...rowsOf(direct, withLatency(runs, 0)),
    ...rowsOf(delayed, withLatency(runs, 20)),
    ...rowsOf(ofPlan, plan === null ? [] : [plan]),
  ];
}

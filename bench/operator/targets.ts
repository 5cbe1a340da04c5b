// What we promise of speed and memory, each with the figure that tells whether it holds.
import { median } from '../statistics.ts';
import { type RunFigures, totalRequests } from './figures.ts';

interface Target {
  readonly what: string;
  /** Which numbers of resources it is about. Absent: all. */
  readonly sizes?: readonly number[];
  readonly unit: string;
  readonly limit: number;
  /** Whether the limit itself is too much. Default false. */
  readonly isBelow?: boolean;
  readonly digits: number;
  /** null where it was not measured. */
  readonly figure: (run: RunFigures) => number | null;
}

const aboveEmpty = ({ ours }: RunFigures): number => ours.memory.residentMb - ours.memory.emptyMb;
const installToPeer = ({ ours, peer }: RunFigures): number | null =>
  peer === null ? null : ours.installSeconds / peer.installSeconds;

const install = { what: 'install, times the bare API', unit: '×', digits: 2 } as const;
const beside = { what: 'install, times helm-operator', unit: '×', digits: 2, figure: installToPeer } as const;
const remove = {
  what: 'delete all, until nothing is left',
  unit: 's',
  digits: 2,
  figure: ({ ours }: RunFigures) => ours.deleteSeconds,
} as const;

const targets: readonly Target[] = [
  { ...install, sizes: [60, 200], limit: 3, figure: ({ ours, floor }) => ours.installSeconds / floor.installSeconds },
  { ...beside, sizes: [60], limit: 0.6 },
  { ...beside, sizes: [200], limit: 0.75 },
  { ...remove, sizes: [60], limit: 4 },
  { ...remove, sizes: [200], limit: 16 },
  {
    what: 'helm processes of an idle minute',
    unit: '',
    limit: 0,
    digits: 0,
    figure: ({ ours }) => ours.idle.helmProcesses,
  },
  {
    what: 'requests of an idle minute',
    unit: '',
    limit: 30,
    isBelow: true,
    digits: 0,
    figure: ({ ours }) => totalRequests(ours.idle.requests),
  },
  {
    what: 'CPU of an idle minute',
    unit: 's',
    limit: 0.5,
    isBelow: true,
    digits: 2,
    figure: ({ ours }) => ours.idle.cpuSeconds,
  },
  {
    what: 'resident memory',
    sizes: [1_000],
    unit: 'MB',
    limit: 220,
    isBelow: true,
    digits: 0,
    figure: ({ ours }) => ours.memory.residentMb,
  },
  {
    what: 'resident memory above that without resources',
    sizes: [1_000],
    unit: 'MB',
    limit: 60,
    digits: 0,
    figure: aboveEmpty,
  },
];

/** A row for each promise and number of resources: what, how many, promised, measured, whether it holds. */
export function targetRows(runs: readonly RunFigures[]): readonly (readonly string[])[] {
  const measured = [...new Set(runs.map(({ n }) => n))].toSorted((a, b) => a - b);
  return targets.flatMap((target) =>
    (target.sizes ?? measured).map((n) =>
      row(target, { n, values: runs.filter((run) => run.n === n).flatMap((run) => target.figure(run) ?? []) }),
    ),
  );
}

function row(target: Target, { n, values }: { readonly n: number; readonly values: readonly number[] }): string[] {
  const { what, unit, limit, isBelow = false, digits } = target;
  const promised = limit === 0 ? 'none' : `${isBelow ? '<' : '≤'} ${limit} ${unit}`.trimEnd();
  const label = n.toLocaleString('en-US');
  if (values.length === 0) return [what, label, promised, 'not measured', ''];
  const value = median(values);
  const isMet = isBelow ? value < limit : value <= limit;
  return [what, label, promised, `${value.toFixed(digits)} ${unit}`.trimEnd(), isMet ? 'holds' : 'missed'];
}

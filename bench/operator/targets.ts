// What we promise of speed and memory, each with the figure that tells whether it holds.
import { totalRequests } from '../audit-log.ts';
import { rowsOf, type Target } from '../target-rows.ts';
import type { RunFigures } from './figures.ts';

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

const targets: readonly Target<RunFigures>[] = [
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
    sense: '<',
    digits: 0,
    figure: ({ ours }) => totalRequests(ours.idle.requests),
  },
  {
    what: 'CPU of an idle minute',
    unit: 's',
    limit: 0.5,
    sense: '<',
    digits: 2,
    figure: ({ ours }) => ours.idle.cpuSeconds,
  },
  {
    what: 'resident memory',
    sizes: [1_000],
    unit: 'MB',
    limit: 220,
    sense: '<',
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

/** See {@link rowsOf}. */
export function targetRows(runs: readonly RunFigures[]): readonly (readonly string[])[] {
  return rowsOf(targets, runs);
}

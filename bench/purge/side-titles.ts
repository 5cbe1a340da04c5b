// What the sides are called in tables and plots.
import type { SideName } from './figures.ts';

/** Short, since a column bears it. */
export const sideTitles: Readonly<Record<SideName, string>> = {
  serial: 'serial helm',
  helm8: '8 × helm',
  'helm-driver': 'ours, helm driver',
  native: 'ours, native',
  pruner: 'release-pruner',
  floor: 'bare DELETEs',
};

// The table: every hostile or unlucky release that DESIGN.md §5 knows, all of which live in one cluster at once.
import { encodedRows } from './encoded-rows.ts';
import { helmRows, hookRows } from './failing-rows.ts';
import { mismatchedRows, reachingRows } from './forged-rows.ts';
import { guardedRows } from './guarded-rows.ts';
import type { HostileRow } from './hostile-row.ts';
import { objectRows, volumeRows } from './object-rows.ts';
import { plannedRows } from './planned-rows.ts';
import { changedRows, racedRows } from './race-rows.ts';

/** Each name once. */
export const hostileRows: readonly HostileRow[] = [
  ...mismatchedRows,
  ...reachingRows,
  ...encodedRows,
  ...plannedRows,
  ...volumeRows,
  ...objectRows,
  ...hookRows,
  ...helmRows,
  ...guardedRows,
  ...changedRows,
  ...racedRows,
];

// What people read of runs that were: the list, and one of them.
import { countsLine } from '../purge/record/report.ts';
import type { RunSummary } from '../purge/record/run-summary.ts';
import { type Column, counted, formatAge, formatTable, oneLine } from './output.ts';

/** The runs in the order given; `nowMs` for their ages. */
export function runsTable(
  runs: readonly RunSummary[],
  { nowMs, isWide }: { readonly nowMs: number; readonly isWide: boolean },
): string {
  const columns: readonly Column<RunSummary>[] = [
    { header: 'RUN', value: ({ run }) => run },
    { header: 'POLICY', value: ({ policy }) => policy },
    { header: 'PHASE', value: ({ phase }) => phase },
    { header: 'PURGED', value: ({ counts }) => counts.purged },
    { header: 'FAILED', value: ({ counts }) => counts.failed },
    { header: 'KEPT', value: ({ counts }) => counts.kept },
    { header: 'AGE', value: ({ startedAt }) => ageOf(startedAt, nowMs) },
    { header: 'SKIPPED', value: ({ counts }) => counts.skipped, isWide: true },
    { header: 'NOT STARTED', value: ({ counts }) => counts.notStarted, isWide: true },
    { header: 'UNDO', value: ({ undo }) => undo, isWide: true },
    { header: 'WORKER', value: ({ worker }) => worker, isWide: true },
    { header: 'FILE', value: ({ file }) => file, isWide: true },
    { header: 'BY', value: ({ requestedBy }) => requestedBy },
  ];
  return runs.length === 0 ? '' : formatTable(runs, columns, { isWide });
}

/** One run in a few lines, before its outcomes. */
export function runLines(summary: RunSummary, { omitted }: { readonly omitted: number }): readonly string[] {
  const { run, policy, phase, counts, startedAt, requestedBy, worker, stoppedBy, ending, undo, file } = summary;
  return [
    `run ${run}: ${phase}${stoppedBy === undefined ? '' : ` (${stoppedBy})`}, policy ${policy}`,
    `asked for by ${requestedBy ?? 'unknown'}, done by ${worker ?? 'nobody yet'}`,
    ...(startedAt === undefined ? [] : [`began ${startedAt}, ${endOf(summary)}`]),
    ...(ending === undefined ? [] : [ending]),
    `${countsLine(counts)}; ${counted(undo, 'way')} back noted`,
    ...(omitted === 0 ? [] : [`${counted(omitted, 'outcome')} found no room in the record`]),
    ...(file === undefined ? [] : [`recorded in ${file}`]),
  ].map(oneLine);
}

function endOf({ phase, completedAt, ending, renewedAt }: RunSummary): string {
  if (completedAt !== undefined)
    return ending === undefined ? `over ${completedAt}` : `found to be over ${completedAt}`;
  if (ending !== undefined) return 'over: the next purge notes it';
  if (phase !== 'Running') return 'not over';
  if (renewedAt === undefined) return 'not over, or its worker died';
  return `not over: its Lease was last renewed ${renewedAt}; if that is more than 15 s ago, its worker died`;
}

function ageOf(startedAt: string | undefined, nowMs: number): string | undefined {
  const startedMs = Date.parse(startedAt ?? '');
  return Number.isNaN(startedMs) ? undefined : formatAge(Math.max(0, nowMs - startedMs));
}

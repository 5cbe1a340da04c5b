// What people read of a restore: a table, a line for each release as it ends, and what to do about what did not come back.
import type { RestoreOutcome, RestoreReport } from '../purge/restore/restore-report.ts';
import { type Column, formatTable, oneLine } from './output.ts';

const columns: readonly Column<RestoreOutcome>[] = [
  { header: 'NAMESPACE', value: ({ namespace }) => namespace },
  { header: 'RELEASE', value: ({ name }) => name },
  { header: 'REVISION', value: ({ revision }) => (revision === 0 ? undefined : revision) },
  { header: 'RESULT', value: ({ result }) => result },
  { header: 'TIME', value: (outcome) => ('durationMs' in outcome ? seconds(outcome.durationMs) : undefined) },
  { header: 'CODE', value: (outcome) => ('code' in outcome ? outcome.code : undefined), isWide: true },
  { header: 'DETAIL', value: detailOf },
];

/** A row for each release. */
export function restoreTable({ outcomes }: RestoreReport, options: { readonly isWide: boolean }): string {
  return outcomes.length === 0 ? '' : formatTable(outcomes, columns, options);
}

/** One release as it ends, for a terminal. */
export function restoreLine(outcome: RestoreOutcome): string {
  const { namespace, name, result } = outcome;
  const detail = detailOf(outcome);
  return oneLine(`${result} ${namespace}/${name}${detail === '' ? '' : `: ${detail}`}`);
}

/** The result in a line, then what to do about each release that does not come back. */
export function restoreSummary({ counts, durationMs, isDryRun, outcomes }: RestoreReport): readonly string[] {
  const begin = isDryRun ? [`${counts.restorable} can be restored`] : [`${counts.restored} restored`];
  const parts = [...begin, `${counts.skipped} skipped`, `${counts.refused} refused`, `${counts.failed} failed`];
  const rest = isDryRun ? [] : [`${counts.notStarted} not started`];
  return [
    `${[...parts, ...rest].join(', ')}; ${seconds(durationMs)}`,
    ...outcomes.flatMap((outcome) => {
      if (outcome.result !== 'refused' && outcome.result !== 'failed') return [];
      const { namespace, name, result, code, remedy } = outcome;
      const head = `${namespace}/${name} ${result} (${code}): ${detailOf(outcome)}`;
      return remedy === undefined ? [head] : [head, `  ${remedy}`];
    }),
  ].map(oneLine);
}

function detailOf(outcome: RestoreOutcome): string {
  switch (outcome.result) {
    case 'restored':
      return `deployed as revision ${outcome.newRevision}`;
    case 'restorable':
      return '';
    case 'failed':
      return outcome.message;
    default:
      return outcome.reason;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)}s`;
}

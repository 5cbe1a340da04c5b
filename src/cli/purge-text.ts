// What people read of a plan and of a report: tables, summaries, and the line to paste where something failed.
import { oneLine as bounded } from '../lib/one-line.ts';
import { entriesToPurge, type PlanEntry, type PurgePlan } from '../purge/plan/plan.ts';
import type { PurgeSettings } from '../purge/policy/settings.ts';
import { countsLine, type PurgeReport, type ReleaseOutcome, stopReasons } from '../purge/record/report.ts';
import { describeLeft } from '../purge/verify/left-object.ts';
import { type Column, counted, formatAge, formatTable, oneLine } from './output.ts';
import { type PasteOptions, restoreCommand } from './paste-line.ts';
import { failureLines, refusalLines } from './purge-failure-text.ts';
import { leftLines } from './purge-left-text.ts';

/** Whoever writes the record names the chart. */
const maxChart = 80;

function chartCell({ chart }: { readonly chart?: string | undefined }): string | undefined {
  return chart === undefined ? undefined : bounded(chart, maxChart);
}

const planColumns: readonly Column<PlanEntry>[] = [
  { header: 'NAMESPACE', value: ({ namespace }) => namespace },
  { header: 'RELEASE', value: ({ name }) => name },
  { header: 'REVISION', value: ({ revision }) => (revision === 0 ? undefined : revision) },
  { header: 'STATUS', value: ({ status }) => status },
  { header: 'AGE', value: ({ ageMs }) => (ageMs === undefined ? 'unknown' : formatAge(ageMs)) },
  { header: 'CHART', value: chartCell, isWide: true },
  { header: 'ACTION', value: ({ action }) => action },
  { header: 'RULE', value: ({ rule }) => rule, isWide: true },
  { header: 'LEAVES', value: ({ leaves }) => leaves?.join(','), isWide: true },
  { header: 'NOT RESTORED', value: ({ notRestored }) => notRestored?.join(', '), isWide: true },
  { header: 'REASON', value: ({ reason, isDoubtful }) => `${isDoubtful === true ? '! ' : ''}${reason}` },
];

/** The plan as a table. */
export function planTable(plan: PurgePlan, options: { readonly isWide: boolean }): string {
  return entriesTable(plan.entries, options);
}

/** Some entries of a plan as a table. */
export function entriesTable(entries: readonly PlanEntry[], options: { readonly isWide: boolean }): string {
  return entries.length === 0 ? '' : formatTable(entries, planColumns, options);
}

/** What a plan says besides its entries, a line each. */
export function planSummary(plan: PurgePlan): readonly string[] {
  const { counts, namespaces } = plan;
  const selected = namespaces.filter(({ state }) => state === 'selected' || state === 'over-cap').length;
  const leftOut = namespaces.filter(({ state }) => state !== 'selected');
  return [
    `policy ${plan.policy}, context ${plan.context}, server ${plan.server}`,
    ...leftOut.map(({ name, reason }) => `namespace ${name} is left out: ${reason}`),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
    selected === 0
      ? 'the selector matched no namespace that may be purged'
      : `${counted(selected, 'namespace')} selected: ${counted(counts.purge, 'release')} to purge in ` +
        `${counted(counts.namespaces, 'namespace')}, ${counts.keep} kept`,
    ...plan.capsHit.map(({ reason }) => `blocked, nothing is deleted: ${reason}`),
  ].map(oneLine);
}

/** What can be brought back, and what cannot, before anything goes: a line each. */
export function undoLines(
  plan: PurgePlan,
  { undoRetentionMs, serviceAccount }: Pick<PurgeSettings, 'undoRetentionMs' | 'serviceAccount'>,
): readonly string[] {
  const losing = entriesToPurge(plan).filter(({ notRestored = [] }) => notRestored.length > 0);
  const [first] = losing;
  const example = first?.notRestored?.slice(0, 3).join(', ');
  const more = losing.length > 1 || (first?.notRestored?.length ?? 0) > 3 ? ', …; purge plan -o wide has them all' : '';
  return [
    `For ${formatAge(undoRetentionMs)} it can be brought back with: bookstore-operator purge restore RUN (the report names the run).`,
    ...(first === undefined
      ? []
      : [
          `Not all comes back, of ${counted(losing.length, 'release')}: ${first.namespace}/${first.name} loses ${example}${more}.`,
        ]),
    ...(serviceAccount === undefined
      ? [
          'The policy names no serviceAccount: purge restore will need --service-account NAME, one of each namespace that may make what comes back.',
        ]
      : []),
  ].map(oneLine);
}

interface ReportRow {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly result: string;
  readonly durationMs?: number;
  readonly detail: string;
  readonly chart?: string | undefined;
}

const reportColumns: readonly Column<ReportRow>[] = [
  { header: 'NAMESPACE', value: ({ namespace }) => namespace },
  { header: 'RELEASE', value: ({ name }) => name },
  { header: 'REVISION', value: ({ revision }) => (revision === 0 ? undefined : revision) },
  { header: 'CHART', value: chartCell, isWide: true },
  { header: 'RESULT', value: ({ result }) => result },
  { header: 'TIME', value: ({ durationMs }) => (durationMs === undefined ? undefined : seconds(durationMs)) },
  { header: 'DETAIL', value: ({ detail }) => detail },
];

/** What was done, then what lived and why. */
export function reportTable(
  report: Pick<PurgeReport, 'outcomes' | 'kept'>,
  options: { readonly isWide: boolean },
): string {
  const kept = report.kept.map(
    ({ namespace, name, revision, reason, isDoubtful }): ReportRow => ({
      namespace,
      name,
      revision,
      result: 'kept',
      detail: `${isDoubtful === true ? '! ' : ''}${reason}`,
    }),
  );
  const rows = [...report.outcomes.map(outcomeRow), ...kept];
  return rows.length === 0 ? '' : formatTable(rows, reportColumns, options);
}

/** The result in a line, then how to bring it back (`restoreFrom`: a file, where the run's name will not do), each refusal, the failures with what to do about them, and what the releases have left. */
export function reportSummary(
  report: PurgeReport,
  { restoreFrom = report.run, ...paste }: PasteOptions & { readonly restoreFrom?: string | undefined },
): readonly string[] {
  const { counts } = report;
  const isReversible = report.outcomes.some((outcome) => outcome.result === 'purged' && outcome.undo !== undefined);
  return [
    ...(report.stoppedBy === undefined ? [] : [`ended early: ${stopReasons[report.stoppedBy]}`]),
    `${countsLine(counts)}; ${seconds(report.durationMs)} with ${report.concurrency} at once (${report.driver})`,
    ...(isReversible ? [`to bring it back: ${restoreCommand(restoreFrom, paste)}`] : []),
    ...refusalLines(report.outcomes),
    ...failureLines(report.outcomes, paste),
    ...leftLines(report, paste),
  ].map(oneLine);
}

/** One release as it ends, for a terminal. */
export function outcomeLine(outcome: ReleaseOutcome): string {
  const { namespace, name, result, durationMs, detail } = outcomeRow(outcome);
  const time = durationMs === undefined ? '' : ` ${seconds(durationMs)}`;
  return oneLine(`${result} ${namespace}/${name}${time}${detail === '' ? '' : `: ${detail}`}`);
}

function outcomeRow(outcome: ReleaseOutcome): ReportRow {
  const { namespace, name, revision, chart, result } = outcome;
  const row = { namespace, name, revision, chart, result };
  switch (outcome.result) {
    case 'purged': {
      const named = outcome.left?.map(describeLeft) ?? outcome.leaves;
      const left = named === undefined ? undefined : `left behind: ${briefly(named)}`;
      const { driverReason } = outcome;
      const byHelm = driverReason === undefined ? undefined : `by helm: ${driverReason}`;
      const detail = [outcome.note, left, byHelm].filter((part) => part !== undefined).join('; ');
      return { ...row, durationMs: outcome.durationMs, detail };
    }
    case 'failed':
      return { ...row, durationMs: outcome.durationMs, detail: `${outcome.code}: ${outcome.message}` };
    case 'skipped':
      return { ...row, durationMs: outcome.durationMs, detail: outcome.reason };
    case 'not-started':
      return { ...row, detail: outcome.reason };
  }
}

/** A table is for people: all of it stands in the data. */
function briefly(names: readonly string[]): string {
  const more = names.length - maxNamed;
  return more > 0 ? `${names.slice(0, maxNamed).join(', ')} and ${more} more` : names.join(', ');
}

const maxNamed = 3;

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)}s`;
}

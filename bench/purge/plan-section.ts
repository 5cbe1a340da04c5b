// The part of the page about the plan beside helm's list.
import { table } from '../markdown.ts';
import { cell } from '../statistics.ts';
import { type LookName, lookNames, type PlanFigures } from './figures.ts';

const titles: Readonly<Record<LookName, string>> = {
  start: '`purge plan` that selects no namespace',
  plan: '`purge plan`, decided by metadata',
  'plan-reading': '`purge plan` where all would go',
  'helm-list': '`helm list -A --max 0`',
};

/** Markdown, with its heading. */
export function planSection(plan: PlanFigures): string {
  const { n, revisions, recordBytes, looks, bytes } = plan;
  const row = (name: LookName): readonly string[] => [
    titles[name],
    cell(
      looks[name].map(({ seconds }) => seconds),
      2,
    ),
    cell(
      looks[name].map(({ cpuSeconds }) => cpuSeconds),
      2,
    ),
    cell(
      looks[name].map(({ peakMb }) => peakMb),
      0,
    ),
    (bytes[name] / 1e6).toFixed(1),
    Math.round(bytes[name] / n).toLocaleString('en-US'),
  ];
  return `## The plan of ${n.toLocaleString('en-US')} releases of ${revisions} revisions

Records alone, ${Math.round(recordBytes / 1000)} kB each, in namespaces of ten releases. All print JSON. The first row is what the program takes to start. Most releases are decided by the metadata of their records (here: by \`minAge\`); of those that would go all records are read whole, since the plan says what would be deleted. That many at once are beyond the default caps, and over a cap no record is read. Median (min–max) of ${looks.plan.length}.

${table(['', 's', 'CPU-s', 'resident at most, MB', 'received, MB', 'bytes a release'], lookNames.map(row))}`;
}

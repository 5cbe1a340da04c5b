// What people read of an explanation: the answer first, then everything that led to it.
import type { CapSight, Explanation, RuleSight, TermSight } from '../purge/plan/explanation.ts';
import { type Column, formatAge, formatTable, oneLine } from './output.ts';

const termColumns: readonly Column<TermSight>[] = [
  { header: 'TERM', value: ({ term }) => term },
  { header: 'HOLDS', value: ({ holds }) => (holds ? 'yes' : 'no') },
  { header: 'FOUND', value: ({ found }) => found },
];

const ruleColumns: readonly Column<RuleSight>[] = [
  { header: 'RULE', value: ({ rule }) => rule },
  { header: 'SAYS', value: ({ says }) => says },
  { header: 'SAW', value: ({ saw, reason }) => (reason === undefined ? saw : `${saw} → keep: ${reason}`) },
];

const capColumns: readonly Column<CapSight>[] = [
  { header: 'CAP', value: ({ cap }) => cap },
  { header: 'LIMIT', value: ({ limit }) => limit ?? 'none' },
  { header: 'FOUND', value: ({ found }) => Math.round(found * 10) / 10 },
  { header: 'HIT', value: ({ isHit }) => (isHit ? 'yes' : 'no') },
];

/** The whole explanation, a section each for selection, release, rules and caps. */
export function explanationText(explanation: Explanation): string {
  const { namespace, name, selection, rules, caps } = explanation;
  const sections = [
    `${oneLine(answer(explanation))}\n`,
    `${oneLine(`namespace ${namespace}: ${selection.state}, ${selection.reason}`)}\n${formatTable(selection.terms, termColumns)}`,
    ...(explanation.release === undefined ? [] : [`${oneLine(`release ${name}: ${facts(explanation.release)}`)}\n`]),
    ...(rules.length === 0 ? [] : [formatTable(rules, ruleColumns)]),
    formatTable(caps, capColumns),
  ];
  return sections.join('\n');
}

/** The answer in a line. */
export function answer({ namespace, name, verdict, nearest }: Explanation): string {
  if (verdict !== undefined) {
    const by = verdict.rule === undefined ? '' : ` (${verdict.rule})`;
    return `${namespace}/${name}: ${verdict.action}${by}: ${verdict.reason}`;
  }
  const meant = nearest.length === 0 ? '' : `; the nearest: ${nearest.join(', ')}`;
  return `there is no release ${namespace}/${name}${meant}`;
}

function facts(release: NonNullable<Explanation['release']>): string {
  const { revision, revisions, status, ageMs, createdAt, modifiedAt, owner, chart, leaves, notRestored } = release;
  return [
    `revision ${revision} of ${revisions} stored, ${status}`,
    ageMs === undefined ? 'of unknown age' : `last changed ${formatAge(ageMs)} ago`,
    createdAt === undefined ? undefined : `created ${createdAt}`,
    modifiedAt === undefined ? undefined : `modified ${modifiedAt}`,
    owner === undefined ? 'no owner' : `owner ${owner}`,
    chart === undefined ? undefined : `chart ${chart}`,
    leaves === undefined ? undefined : `would leave ${leaves.join(', ')}`,
    notRestored === undefined ? undefined : `an undo would not bring back ${notRestored.join(', ')}`,
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}

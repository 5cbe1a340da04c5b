// The two tables of docs/operator.md that are made from the code: the states, and what becomes of each when something happens.
// Run by itself it writes them (`npm run generate`), or compares (`--check`).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decide } from '../../src/operator/decide/decide.ts';
import { type State, states } from '../../src/operator/decide/states.ts';
import { now } from './observations.ts';
import { examples, interruptions } from './state-examples.ts';

const page = fileURLToPath(new URL('../../docs/operator.md', import.meta.url));
const [begin, end] = ['<!-- generated: states -->', '<!-- end of generated: states -->'] as const;
const names = Object.keys(states) as readonly State[];

/** Both tables as Markdown. */
export function stateTables(): string {
  const rules = names.map((name) => {
    const { when, action, follows } = states[name];
    return `| \`${name}\` | ${when} | ${action === 'none' ? '–' : `\`${action}\``} | ${follows} |`;
  });
  const transitions = names.map(
    (name) => `| \`${name}\` | ${interruptions.map((each) => cell(name, each)).join(' | ')} |`,
  );
  return [
    '| state | when | action | what happens |',
    '|---|---|---|---|',
    ...rules,
    '',
    'What becomes of a resource in a state (row) when something happens to it (column); a dot where it stays what it is. The action is the one of the new state:',
    '',
    `| | ${interruptions.map(({ name }) => name).join(' | ')} |`,
    `|---|${interruptions.map(() => '---|').join('')}`,
    ...transitions,
  ].join('\n');
}

function cell(before: State, { happen, laterMs = 0 }: (typeof interruptions)[number]): string {
  const after = decide(happen(examples[before]), now + laterMs).state;
  return after === before ? '·' : `\`${after}\``;
}

/** The page with the tables as the code gives them. */
export function pageWithTables(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/operator.md has no place for the tables: ${begin} … ${end}`);
  return `${text.slice(0, from)}${begin}\n${stateTables()}\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = readFileSync(page, 'utf8');
  const after = pageWithTables(before);
  if (!process.argv.includes('--check')) writeFileSync(page, after);
  else if (before !== after) {
    process.stderr.write('docs/operator.md differs from what the code decides: npm run generate\n');
    process.exitCode = 1;
  }
}

// The page that the benchmark writes, and what it promises.
import { expect, test } from 'vitest';
import { operatorPage, type PageContext } from '../../../../bench/operator/page.ts';
import { operatorPlots } from '../../../../bench/operator/plots.ts';
import { targetRows } from '../../../../bench/operator/targets.ts';
import { runFigures } from './sample-runs.ts';

const context = (runs: number, peer: string | null): PageContext => ({
  options: { sizes: [60, 200], runs, idleSeconds: 60, settleSeconds: 15 },
  versions: { ours: '0.1.0', kubernetes: 'v1.36.3', helm: 'v4.2.3', peer },
  machine: 'linux x64, 2 cores, 24 GiB, Node v24',
});

test('the page of one run beside helm-operator reads as it was written', async () => {
  const page = operatorPage([runFigures(60, 5, 10), runFigures(200, 17, 42)], context(1, 'v1.42.0'));
  await expect(page).toMatchFileSnapshot('golden/operator-page.md');
});

test('without helm-operator it has no column, and the page says how to get one', () => {
  const page = operatorPage([runFigures(60, 5), runFigures(200, 17)], context(1, null));
  expect(page).not.toContain('| helm-operator |');
  expect(page).toContain('`BENCH_HELM_OPERATOR` names its binary');
});

test('of several runs it shows median and range', () => {
  const page = operatorPage([runFigures(60, 5), runFigures(60, 7), runFigures(60, 6)], context(3, null));
  expect(page).toContain('| install, s | 2.00 (2.00–2.00) | 6.00 (5.00–7.00) | 3.00 (2.50–3.50) |');
  expect(page).toContain('--runs 3');
});

test.each([
  ['install, times the bare API', '60', 'missed', runFigures(60, 6.1)],
  ['install, times the bare API', '60', 'holds', runFigures(60, 6)],
  ['install, times helm-operator', '60', '', runFigures(60, 6)],
  ['install, times helm-operator', '200', 'holds', runFigures(200, 6, 8)],
  ['delete all, until nothing is left', '200', 'missed', runFigures(200, 16.01)],
  ['CPU of an idle minute', '1,000', 'holds', runFigures(1_000, 16)],
  ['resident memory', '1,000', 'holds', runFigures(1_000, 16)],
  ['resident memory', '1,000', '', runFigures(200, 16)],
])('%s at %s: %s', (what, n, verdict, run) => {
  const row = targetRows([run]).find(([name, size]) => name === what && size === n);
  expect(row?.at(-1)).toBe(verdict);
});

test('there are plots of install, deletion and memory, without a line for what was not measured', () => {
  const plots = operatorPlots([runFigures(60, 5), runFigures(200, 17)]);
  expect(plots.map(({ name }) => name)).toEqual(['operator-install.svg', 'operator-delete.svg', 'operator-memory.svg']);
  for (const { svg } of plots) expect(svg).not.toContain('helm-operator');
});

// The page that the benchmark writes, and what it promises.
import { expect, test } from 'vitest';
import { type PageContext, type PurgeFigures, purgePage } from '../../../../bench/purge/page.ts';
import { purgePlots } from '../../../../bench/purge/plots.ts';
import { type ProfileGroup, type ProfileSeconds, profileGroups } from '../../../../bench/purge/profile-groups.ts';
import { targetRows } from '../../../../bench/purge/targets.ts';
import { planFigures, runFigures } from './sample-runs.ts';

const context = (runs: number, pruner: string | null): PageContext => ({
  options: {
    sizes: [60, 500],
    runs,
    planReleases: 4_000,
    settleSeconds: 15,
    isProfiled: pruner !== null,
    helmUpTo: Infinity,
  },
  versions: { ours: '0.1.0', kubernetes: 'v1.36.3', helm: 'v4.2.3', pruner },
  machine: 'linux x64, 2 cores, 24 GiB, Node v24',
  cores: 2,
});

const profile = (known: Partial<Record<ProfileGroup, number>>): ProfileSeconds => ({
  ...(Object.fromEntries(profileGroups.map((group) => [group, 0])) as ProfileSeconds),
  ...known,
});

const atBoth = (n: number, native: number, pruner?: number) =>
  [0, 20].map((latencyMs) => runFigures(n, native, { latencyMs, ...(pruner === undefined ? {} : { pruner }) }));

const bare = (runs: PurgeFigures['runs']): PurgeFigures => ({ runs, plan: null, profile: null });

test('the page of one run beside the pruner, with a profile, reads as it was written', async () => {
  const runs = [...atBoth(60, 1.5, 5), ...atBoth(500, 3, 13)];
  const figures = { runs, plan: planFigures([0.8, 0.5, 0.6]), profile: profile({ idle: 1, 'our own code': 3 }) };
  await expect(purgePage(figures, context(1, 'v4.1.0'))).toMatchFileSnapshot('golden/purge-page.md');
});

test('without the pruner it has no row, and the page says how to get one; nor a plan, nor a profile', () => {
  const page = purgePage(bare([...atBoth(60, 1.5), ...atBoth(500, 3)]), context(1, null));
  expect(page).not.toContain('| release-pruner |');
  expect(page).toContain('`BENCH_RELEASE_PRUNER` names its binary');
  expect(page).not.toContain('## The plan');
  expect(page).toContain('No profile was taken');
});

test('says up to which number helm was measured', () => {
  const options = { ...context(1, null).options, helmUpTo: 500 };
  expect(purgePage(bare(atBoth(60, 1.5)), { ...context(1, null), options })).toContain('--n 60,500 --helm-up-to 500`');
});

test('of several runs it shows median and range', () => {
  const page = purgePage(bare([1, 4, 2].map((seconds) => runFigures(60, seconds))), context(3, null));
  expect(page).toContain('| ours, native | 2.00 (1.00–4.00) | 30.0 (15.0–60.0) | 4.00 (2.00–8.00) |');
  expect(page).toContain('--runs 3');
});

test.each([
  ['native, times serial helm', '60', 'holds', runFigures(60, 2)],
  ['native, times serial helm', '60', 'missed', runFigures(60, 2.01)],
  ['native, times serial helm', '60', '', runFigures(500, 1)],
  ['native, times 8 × helm', '2,000', 'holds', runFigures(2_000, 2.2)],
  ['native, times 8 × helm', '60', 'missed', runFigures(60, 2.3)],
  ['native, times 8 × helm, with 20 ms of latency', '60', 'missed', runFigures(60, 1.7, { latencyMs: 20 })],
  ['native, times 8 × helm, with 20 ms of latency', '60', 'holds', runFigures(60, 1.6, { latencyMs: 20 })],
  ['native, times release-pruner', '60', '', runFigures(60, 1)],
  ['native, times release-pruner', '60', 'holds', runFigures(60, 2, { pruner: 4 })],
])('%s at %s: %s', (what, n, verdict, run) => {
  const row = targetRows([run], null).find(([name, size]) => name === what && size === n);
  expect(row?.at(-1)).toBe(verdict);
});

test.each([
  [planFigures([1]), ['holds', 'holds', 'holds']],
  [planFigures([1.01], 180), ['missed', 'missed', 'holds']],
  [planFigures([2.6]), ['missed', 'holds', 'missed']],
])('a plan is promised in seconds, in memory and beside helm list: case %#', (plan, verdicts) => {
  expect(
    targetRows([], plan)
      .slice(-3)
      .map((row) => row.at(-1)),
  ).toEqual(verdicts);
});

test.each([
  [
    'the cores are busy 93 % of the time, and that limits it; most of all kube-apiserver (63 %) and our process (25 %)',
    { ours: 4, apiServer: 10, machine: 14.8 },
  ],
  ['our process keeps its one thread busy 88 % of the time', { ours: 7, apiServer: 2, machine: 10 }],
  ['our process 25 % of one core: waiting for answers limits it', { ours: 2, apiServer: 2, machine: 4.5 }],
  ['but 13 % is other work: measure again', { ours: 4, apiServer: 9, machine: 15.5 }],
])('it is said what limits: %s', (words, { ours, apiServer, machine }) => {
  const native = {
    seconds: 8,
    requests: {},
    cost: { cpuSeconds: ours, programMb: 160, helmMb: null, togetherMb: 160 },
    controlPlane: { 'kube-apiserver': apiServer },
    benchCpuSeconds: 0.4,
    machineCpuSeconds: machine,
  };
  expect(purgePage(bare([{ n: 60, latencyMs: 0, sides: { native } }]), context(1, null))).toContain(words);
});

test('there are plots of both rates and of memory, without a line for what was not measured', () => {
  const plots = purgePlots([...atBoth(60, 1.5), ...atBoth(500, 3)]);
  expect(plots.map(({ name }) => name)).toEqual(['purge-rate.svg', 'purge-rate-20ms.svg', 'purge-memory.svg']);
  for (const { svg } of plots) {
    expect(svg).toContain('ours, native');
    expect(svg).not.toContain('release-pruner');
  }
});

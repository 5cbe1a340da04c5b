// Command lines of the benchmarks: nonsense is refused before anything starts.
import { expect, test } from 'vitest';
import { UsageError } from '../../../bench/bench-error.ts';
import { parseIdleOptions } from '../../../bench/idle.ts';
import { parseOperatorOptions } from '../../../bench/operator/options.ts';
import { parsePurgeOptions } from '../../../bench/purge/options.ts';

test('the defaults are the published ones', () => {
  expect(parseOperatorOptions([], {})).toMatchObject({
    sizes: [60, 200, 1_000],
    runs: 1,
    idleSeconds: 60,
    settleSeconds: 15,
    peer: undefined,
  });
  expect(parseIdleOptions([])).toEqual({ sizes: [0, 60], seconds: 60 });
  expect(parsePurgeOptions([], {})).toMatchObject({
    sizes: [60, 500, 2_000],
    runs: 1,
    planReleases: 4_000,
    settleSeconds: 15,
    isProfiled: false,
    pruner: undefined,
  });
});

test('the pruner comes from the environment, and a profile is a flag', () => {
  const { pruner, isProfiled } = parsePurgeOptions(['--profile'], { BENCH_RELEASE_PRUNER: '/bin/pruner' });
  expect({ pruner, isProfiled }).toEqual({ pruner: '/bin/pruner', isProfiled: true });
  expect(parsePurgeOptions([], { BENCH_RELEASE_PRUNER: '' }).pruner).toBeUndefined();
});

test('sizes are measured in ascending order, each once', () => {
  expect(parseOperatorOptions(['--n', '200,60,200'], {}).sizes).toEqual([60, 200]);
});

test('the other operator comes from the environment; an empty variable names none', () => {
  expect(parseOperatorOptions([], { BENCH_HELM_OPERATOR: '/bin/helm-operator' }).peer).toBe('/bin/helm-operator');
  expect(parseOperatorOptions([], { BENCH_HELM_OPERATOR: '' }).peer).toBeUndefined();
});

test.each([
  [['--n', '0'], '--n: "0" is no whole number from 1 to 2500'],
  [['--n', '2501'], '--n: "2501"'],
  [['--n', '60,'], '--n: ""'],
  [['--n', '6e1'], '--n: "6e1"'],
  [['--runs', '1,2'], '--runs: one number, not 2'],
  [['--runs', '-1'], '--runs'],
  [['--out', ''], '--out'],
  [['--nodes', '3'], '--nodes'],
  [['sixty'], 'sixty'],
])('%j is refused', (args, message) => {
  expect(() => parseOperatorOptions(args, {})).toThrow(UsageError);
  expect(() => parseOperatorOptions(args, {})).toThrow(message);
});

test.each([[['--runs', '2']], [['--seconds', '0']], [['--n', 'x']]])('idle refuses %j', (args) => {
  expect(() => parseIdleOptions(args)).toThrow(UsageError);
});

test.each([[['--n', '2501']], [['--plan-n', '-1']], [['--plan-n', '8001']], [['--profile=yes']], [['--out', '']]])(
  'purge refuses %j',
  (args) => {
    expect(() => parsePurgeOptions(args, {})).toThrow(UsageError);
  },
);

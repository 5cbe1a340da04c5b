import { describe, expect, it } from 'vitest';
import { explainRules, explainSelector } from '../../../../src/purge/plan/explanation.ts';
import { planRules } from '../../../../src/purge/plan/plan.ts';
import { sights } from '../../../../src/purge/plan/rule-sights.ts';
import { decide, type RuleInput, rules } from '../../../../src/purge/plan/rules.ts';
import { nowMs, type ReleaseShape, storedRelease } from '../../../support/stored-release.ts';

const nothingFound = { chart: 'tiny-0.1.0', leaves: [], notRestored: [], outside: [] };
const input = (shape: ReleaseShape, rest: Partial<RuleInput> = {}): RuleInput => ({
  release: storedRelease(shape),
  home: { annotations: {} },
  rejected: [],
  settings: { isExcluded: () => false, minAgeMs: 0, shouldPurgeForeign: false },
  operator: { namespaces: ['bookstore-operator-system'], releaseName: 'bookstore-operator' },
  nowMs,
  ...rest,
});
const explain = (given: RuleInput, later: Partial<Parameters<typeof explainRules>[1]> = {}) =>
  explainRules(given, { goingInNamespace: 1, maxReleasesPerNamespace: 50, content: nothingFound, ...later });

it('has a sight for each rule of the metadata, in their order', () => {
  expect(Object.keys(sights)).toEqual(planRules.slice(0, rules.length));
});

describe('explainRules', () => {
  it('is silent, rule by rule, of a release that goes', () => {
    const told = explain(input({}));
    expect(told.map(({ says }) => says)).toEqual(told.map(() => 'silent'));
    expect(told.every(({ saw }) => saw !== '')).toBe(true);
  });

  it.each<[string, RuleInput]>([
    ['a hard denial', input({ namespace: 'kube-system' })],
    ['a keep', input({}, { home: { annotations: { 'purge.velotio.com/keep': 'true' } } })],
    ['a keep of one', input({}, { home: { annotations: { 'keep.purge.velotio.com/shop': 'true' } } })],
    ['an owner', input({ labels: { 'helm.velotio.com/owner': 'BookStore.velotio.com' } })],
    ['no age', input({ ageMs: null })],
    ['a HelmRelease', input({}, { owners: [{ what: 'HelmRelease flux/shop', annotations: {} }] })],
    [
      'a keep on a HelmRelease',
      input({}, { owners: [{ what: 'HelmRelease flux/shop', annotations: { 'purge.velotio.com/keep': 'true' } }] }),
    ],
    ['a young upgrade', input({ status: 'pending-upgrade', ageMs: 60_000 })],
  ])('decides as the plan does: %s', (_name, given) => {
    const { rule, reason } = decide(given);
    expect(explain(given).find(({ says }) => says === 'decides')).toMatchObject({ rule, reason });
  });

  it('tells which other rules would keep the release too', () => {
    const given = input(
      { labels: { 'helm.velotio.com/owner': 'X' } },
      { home: { annotations: { 'purge.velotio.com/keep': 'true' } } },
    );
    const content = { ...nothingFound, verdict: { action: 'keep', rule: 'delete-hooks', reason: 'hooks' } as const };
    const told = explain(given, { goingInNamespace: 51, content });
    expect(told.filter(({ says }) => says !== 'silent').map(({ rule, says }) => `${rule} ${says}`)).toEqual([
      'keep-namespace decides',
      'owned speaks',
      'namespace-cap speaks',
      'delete-hooks speaks',
      'outside-namespace not-asked',
      'volumes not-asked',
    ]);
  });

  it('shows what somebody wrote bounded and without what a terminal would obey', () => {
    const annotations = { 'purge.velotio.com/keep': `\u001b[2J${'x'.repeat(500)}` };
    const saw = explain(input({}, { home: { annotations } })).find(({ rule }) => rule === 'keep-namespace')?.saw ?? '';
    expect(saw).not.toMatch(/\p{Cc}/u);
    expect(saw.length).toBeLessThan(200);
  });
});

it('compares a selector with the labels term by term', () => {
  const selector = {
    matchLabels: { team: 'a', on: 'true' },
    matchExpressions: [{ key: 'stage', operator: 'NotIn' as const, values: ['prod'] }],
  };
  expect(explainSelector(selector, { team: 'b', on: 'true' })).toEqual([
    { term: 'team=a', found: 'team="b"', holds: false },
    { term: 'on=true', found: 'on="true"', holds: true },
    { term: 'stage notin (prod)', found: 'no label stage', holds: true },
  ]);
});

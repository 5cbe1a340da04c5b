import { describe, expect, it } from 'vitest';
import { planRules } from '../../../../src/purge/plan/plan.ts';
import { decide, type RuleInput, rules } from '../../../../src/purge/plan/rules.ts';
import { nowMs, type ReleaseShape, storedRelease } from '../../../support/stored-release.ts';

const operator = { namespaces: ['bookstore-operator-system'], releaseName: 'bookstore-operator' };
const settings = { isExcluded: () => false, minAgeMs: 0, shouldPurgeForeign: false };

function input(shape: ReleaseShape, overrides: Partial<RuleInput> = {}): RuleInput {
  return {
    release: storedRelease(shape),
    home: { annotations: {} },
    rejected: [],
    settings,
    operator,
    nowMs,
    ...overrides,
  };
}

const helmRelease = (annotations: Readonly<Record<string, string>> = {}) => ({
  owners: [{ what: 'HelmRelease flux/shop', annotations }],
});
const keep = { 'purge.velotio.com/keep': 'true' };
const minute = 60_000;

describe('decide', () => {
  it.each<[string, RuleInput, string]>([
    ['an ordinary release', input({}), 'purge selected'],
    ['kube-system', input({ namespace: 'kube-system' }), 'keep hard-denial'],
    ['any kube-…', input({ namespace: 'kube-x' }), 'keep hard-denial'],
    ['default', input({ namespace: 'default' }), 'keep hard-denial'],
    ["the operator's namespace", input({ namespace: 'bookstore-operator-system' }), 'keep hard-denial'],
    ["the operator's release, wherever", input({ name: 'bookstore-operator' }), 'keep hard-denial'],
    ['a name that only looks like kube', input({ namespace: 'kubernetes-lab' }), 'purge selected'],
    [
      'a forged record beside it',
      input({}, { rejected: [{ namespace: 'team-a', secretName: 'x', reason: 'is odd', claimedNames: ['shop'] }] }),
      'keep rejected-record',
    ],
    ['a name that Helm would not give', input({ name: 'Shop_1' }), 'keep invalid-name'],
    ['a name longer than Helm allows', input({ name: 'a'.repeat(54) }), 'keep invalid-name'],
    ['kept history', input({ status: 'uninstalled' }), 'keep uninstalled'],
    ['keep on the namespace', input({}, { home: { annotations: keep } }), 'keep keep-namespace'],
    [
      'keep of the release',
      input({}, { home: { annotations: { 'keep.purge.velotio.com/shop': 'true' } } }),
      'keep keep-release',
    ],
    [
      'keep of another release',
      input({}, { home: { annotations: { 'keep.purge.velotio.com/api': 'true' } } }),
      'purge selected',
    ],
    ['keep on the latest record', input({ annotations: keep }), 'keep keep-record'],
    ['keep on an older record', input({ olderAnnotations: keep }), 'keep keep-record'],
    ['exclude', input({}, { settings: { ...settings, isExcluded: (name) => name === 'shop' } }), 'keep exclude'],
    ['owned', input({ labels: { 'helm.velotio.com/owner': 'BookStore.velotio.com' } }), 'keep owned'],
    ['Flux', input({ labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } }), 'keep foreign'],
    ['a HelmRelease about it', input({}, helmRelease()), 'keep foreign'],
    [
      'a HelmRelease about it, where the policy says so',
      input({}, { ...helmRelease(), settings: { ...settings, shouldPurgeForeign: true } }),
      'purge selected',
    ],
    [
      'keep on its HelmRelease, whatever the policy says',
      input({}, { ...helmRelease(keep), settings: { ...settings, shouldPurgeForeign: true } }),
      'keep keep-owner',
    ],
    [
      'a misspelt keep on its HelmRelease',
      input({}, { ...helmRelease({ 'purge.velotio.com/Keep': 'true' }) }),
      'keep keep-owner',
    ],
    [
      'Flux, where the policy says so',
      input(
        { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } },
        { settings: { ...settings, shouldPurgeForeign: true } },
      ),
      'purge selected',
    ],
    ['no age', input({ ageMs: null }), 'keep unknown-age'],
    ['an age far in the future', input({ ageMs: -6 * minute }), 'keep unknown-age'],
    ['a clock a little ahead', input({ ageMs: -4 * minute }), 'purge selected'],
    ['pending for 14 minutes', input({ status: 'pending-install', ageMs: 14 * minute }), 'keep young-pending'],
    ['pending for 15 minutes', input({ status: 'pending-upgrade', ageMs: 15 * minute }), 'purge selected'],
    ['failed', input({ status: 'failed', ageMs: 0 }), 'purge selected'],
    ['stuck uninstalling', input({ status: 'uninstalling', ageMs: 0 }), 'purge selected'],
    [
      'younger than minAge',
      input({ ageMs: 59 * minute }, { settings: { ...settings, minAgeMs: 60 * minute } }),
      'keep min-age',
    ],
    [
      'half gone, whatever minAge',
      input({ status: 'uninstalling', ageMs: 0 }, { settings: { ...settings, minAgeMs: 60 * minute } }),
      'purge selected',
    ],
    [
      'as old as minAge',
      input({ ageMs: 60 * minute }, { settings: { ...settings, minAgeMs: 60 * minute } }),
      'purge selected',
    ],
  ])('%s', (_name, given, expected) => {
    const { action, rule, reason } = decide(given);
    expect(`${action} ${rule}`).toBe(expected);
    expect(reason).not.toBe('');
  });

  it('asks a hard denial first: not even a flag of the policy comes before it', () => {
    const everything = input(
      { namespace: 'kube-system', annotations: keep, labels: { 'helm.velotio.com/owner': 'X' } },
      { home: { annotations: keep } },
    );
    expect(decide(everything).rule).toBe('hard-denial');
  });

  it('asks in the order that is documented', () => {
    const asked = rules.map((rule) => rule.name);
    expect(asked).toEqual([
      'hardDenial',
      'rejectedRecord',
      'invalidName',
      'uninstalled',
      'keptByNamespace',
      'keptByName',
      'keptByRecord',
      'keptByOwner',
      'excluded',
      'owned',
      'foreign',
      'unknownAge',
      'youngPending',
      'tooYoung',
    ]);
    expect(planRules.slice(0, rules.length)).toHaveLength(rules.length);
  });
});

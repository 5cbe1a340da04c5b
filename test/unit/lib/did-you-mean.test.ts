import { expect, it } from 'vitest';
import { didYouMean } from '../../../src/lib/did-you-mean.ts';

const known = ['chart', 'crds', 'kind', 'reconcilePeriod', 'watchDependentResources'];

it.each([
  ['reconcilePeroid', 'reconcilePeriod'],
  ['reconcileperiod', 'reconcilePeriod'],
  ['watchDependantResource', 'watchDependentResources'],
  ['Chart', 'chart'],
  ['charts', 'chart'],
  ['knd', 'kind'],
  ['crd', 'crds'],
  ['replicas', undefined],
  ['', undefined],
])('for %j suggests %j', (word, expected) => {
  expect(didYouMean(word, known)).toBe(expected);
});

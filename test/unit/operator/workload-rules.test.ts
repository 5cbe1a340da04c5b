import { expect, test } from 'vitest';
import { podSelectorOf } from '../../../src/operator/workload-rules.ts';

test.each([
  [{ matchLabels: { app: 'web', tier: 'x' } }, 'app=web,tier=x'],
  [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] }, 'app in (a,b)'],
  [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'old', operator: 'DoesNotExist' }] }, 'app=web,!old'],
  [{}, undefined],
  [undefined, undefined],
])('the pods of %j are asked for as %s', (selector, expected) => {
  expect(podSelectorOf({ metadata: { name: 'web' }, spec: { selector } })).toBe(expected);
});

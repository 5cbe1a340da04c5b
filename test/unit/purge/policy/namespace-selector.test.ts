import { expect, it } from 'vitest';
import type { LabelSelector } from '../../../../src/api/v1alpha1/label-selector.ts';
import { selectorProblem } from '../../../../src/purge/policy/namespace-selector.ts';

it.each<[LabelSelector]>([
  [{ matchLabels: { a: 'b', c: '' } }],
  [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }],
  [
    {
      matchLabels: { a: 'b' },
      matchExpressions: [
        { key: 'c', operator: 'NotIn', values: ['d'] },
        { key: 'e', operator: 'Exists' },
        { key: 'f', operator: 'DoesNotExist' },
      ],
    },
  ],
])('takes %j', (selector) => {
  expect(selectorProblem(selector)).toBeUndefined();
});

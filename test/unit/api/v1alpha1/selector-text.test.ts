import { expect, it } from 'vitest';
import type { LabelSelector } from '../../../../src/api/v1alpha1/label-selector.ts';
import { selectorText } from '../../../../src/api/v1alpha1/selector-text.ts';

it.each<[LabelSelector, string]>([
  [{}, ''],
  [{ matchLabels: { a: 'b', c: '' } }, 'a=b,c='],
  [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }, 'a in (b,c)'],
  [
    {
      matchLabels: { a: 'b' },
      matchExpressions: [
        { key: 'c', operator: 'NotIn', values: ['d'] },
        { key: 'e', operator: 'Exists' },
        { key: 'f', operator: 'DoesNotExist' },
      ],
    },
    'a=b,c notin (d),e,!f',
  ],
])('writes %j as %s', (selector, expected) => {
  expect(selectorText(selector)).toBe(expected);
});

import { describe, expect, it } from 'vitest';
import { readListPage } from '../../../src/kube/list-page.ts';

const metadata = { resourceVersion: '7' };
const item = { metadata: { name: 'a', uid: 'u', resourceVersion: '3' } };

describe('a page of a list', () => {
  it.each([
    [
      'has its items, its version, and the token of the next page',
      { metadata: { ...metadata, continue: 'next' }, items: [item] },
      { resourceVersion: '7', items: [item], continueToken: 'next' },
    ],
    [
      'is the last with an empty token',
      { metadata: { ...metadata, continue: '' }, items: [item] },
      { resourceVersion: '7', items: [item] },
    ],
    ['may be empty, as Go writes it', { metadata, items: null }, { resourceVersion: '7', items: [] }],
  ])('%s', (_name, answer, expected) => {
    expect(readListPage(answer, 'list pods')).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'no'],
    ['an object with nothing in it', {}],
    ['a list without metadata', { items: [] }],
    ['a list without a version', { metadata: {}, items: [] }],
    ['a list with an empty version', { metadata: { resourceVersion: '' }, items: [] }],
    ['a list without items', { metadata }],
    ['a list whose items are none', { metadata, items: {} }],
    ['a list with null among its items', { metadata, items: [item, null] }],
    ['a list with an item without metadata', { metadata, items: [item, {}] }],
    ['a list with an item without a name', { metadata, items: [{ metadata: { uid: 'u' } }] }],
  ])('is not %s', (_name, answer) => {
    expect(() => readListPage(answer, 'list pods')).toThrow(expect.objectContaining({ code: 'API_BAD_ANSWER' }));
  });
});

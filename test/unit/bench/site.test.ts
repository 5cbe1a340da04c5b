// Where a side has its releases, and what is rendered once and written for each of them.
import { expect, test } from 'vitest';
import { objectsOf } from '../../../bench/chart-objects.ts';
import { siteOf } from '../../../bench/site.ts';

test('rendered objects become those of any release', () => {
  const rendered = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'the-release-bookstore', namespace: 'the-namespace' } },
  ];
  expect(objectsOf(rendered, { namespace: 'a', name: 'b' })).toEqual([
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'b-bookstore', namespace: 'a' } },
  ]);
});

test('a site has ten releases a namespace, and no namespace of another run', () => {
  const site = siteOf('ours', { n: 25, run: 2 });
  expect(site.namespaces).toEqual(['ours-25-2-0', 'ours-25-2-1', 'ours-25-2-2']);
  expect(site.releases.filter(({ namespace }) => namespace === 'ours-25-2-1')).toHaveLength(10);
  expect(site.namespaces.every((name) => name.startsWith(site.prefix))).toBe(true);
  expect(siteOf('ours', { n: 2, run: 12 }).prefix.startsWith(siteOf('ours', { n: 2, run: 1 }).prefix)).toBe(false);
});

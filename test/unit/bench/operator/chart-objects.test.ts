// What is applied for a release, and what the other operator's CRD looks like.
import { expect, test } from 'vitest';
import { bookStoreCrd, objectsOf, withOpenStatus } from '../../../../bench/operator/chart-objects.ts';
import { siteOf } from '../../../../bench/operator/site.ts';

test('rendered objects become those of any release', () => {
  const rendered = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'the-release-bookstore', namespace: 'the-namespace' } },
  ];
  expect(objectsOf(rendered, { namespace: 'a', name: 'b' })).toEqual([
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'b-bookstore', namespace: 'a' } },
  ]);
});

test('the CRD with an open status differs in nothing else', async () => {
  const crd = await bookStoreCrd();
  const open = withOpenStatus(crd);
  const statusOf = (text: string) =>
    /"status":\{"type":"object","x-kubernetes-preserve-unknown-fields":true\}/.test(text);
  expect(statusOf(JSON.stringify(open))).toBe(true);
  expect(statusOf(JSON.stringify(crd))).toBe(false);
  const shapeOf = (document: object) => {
    const copy = structuredClone(document) as unknown as {
      spec: { versions: { schema: { openAPIV3Schema: { properties: { status?: unknown } } } }[] };
    };
    for (const version of copy.spec.versions) delete version.schema.openAPIV3Schema.properties.status;
    return copy;
  };
  expect(shapeOf(open)).toEqual(shapeOf(crd));
});

test('a site has ten releases a namespace, and no namespace of another run', () => {
  const site = siteOf('ours', { n: 25, run: 2 });
  expect(site.namespaces).toEqual(['ours-25-2-0', 'ours-25-2-1', 'ours-25-2-2']);
  expect(site.releases.filter(({ namespace }) => namespace === 'ours-25-2-1')).toHaveLength(10);
  expect(site.namespaces.every((name) => name.startsWith(site.prefix))).toBe(true);
  expect(siteOf('ours', { n: 2, run: 12 }).prefix.startsWith(siteOf('ours', { n: 2, run: 1 }).prefix)).toBe(false);
});

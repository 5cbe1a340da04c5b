// What the other operator's CRD looks like.
import { expect, test } from 'vitest';
import { bookStoreCrd, withOpenStatus } from '../../../../bench/operator/book-store.ts';

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

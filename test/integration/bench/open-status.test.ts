// The CRD that the other operator is measured with: applied over ours, and ours over it again.
import { expect, test } from 'vitest';
import { bookStoreCrd, withOpenStatus } from '../../../bench/operator/book-store.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import type { ObjectInput } from '../../../src/kube/objects.ts';
import { adminClient, eventually } from '../../support/operator-run.ts';

/** A group of its own: other tests use the real kind at the same time. */
const group = 'bench.velotio.com';
const kindOf = (kind: string, of: string) => ({ group: of, version: kind === 'BookStore' ? 'v1alpha1' : 'v1', kind });
const fieldManager = 'test';
const namespace = 'default';
const name = 'any';

test('its status takes conditions that ours refuses, as often as the two are exchanged', async () => {
  const { client, close } = await adminClient();
  const discovery = new Discovery(client);
  const crds = await discovery.resolve(kindOf('CustomResourceDefinition', 'apiextensions.k8s.io'));
  const text = JSON.stringify(await bookStoreCrd()).replaceAll('velotio.com', group);
  const crd = JSON.parse(text) as ObjectInput;
  try {
    await client.apply(crds, crd, { fieldManager });
    const kind = await eventually('the kind is served', () => discovery.find(kindOf('BookStore', group)));
    await client.create(
      kind,
      { apiVersion: `${group}/v1alpha1`, kind: 'BookStore', metadata: { namespace, name } },
      { fieldManager },
    );
    let count = 0;
    const write = (): Promise<boolean> => {
      count += 1; // what is stored is not judged again: another condition each time
      const condition = { type: `Initialized${count}`, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
      const patch = { status: { conditions: [condition] } };
      const writing = client.merge(kind, patch, { namespace, name, fieldManager, subresource: 'status' });
      return writing.then(
        () => true,
        () => false,
      );
    };
    expect(await write()).toBe(false);
    for (let round = 0; round < 2; round += 1) {
      await client.apply(crds, withOpenStatus(crd), { fieldManager });
      await eventually('the status takes anything', write);
      await client.apply(crds, crd, { fieldManager });
      await eventually('the status takes what is ours', async () => !(await write()));
    }
  } finally {
    await client.delete(crds, { name: `bookstores.${group}` });
    await close();
  }
});

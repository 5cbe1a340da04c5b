import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inUninstallOrder, uninstallOrder } from '../../../src/release/uninstall-order.ts';

const ofKinds = (...kinds: string[]) => kinds.map((kind, index) => ({ kind, name: `${kind}-${index}` }));

describe('inUninstallOrder', () => {
  it('puts workloads before what they live on, and kinds that Helm does not know last', () => {
    const objects = ofKinds(
      'Widget',
      'Secret',
      'Namespace',
      'Deployment',
      'Gadget',
      'Ingress',
      'ClusterRole',
      'Deployment',
    );
    expect(inUninstallOrder(objects).map((group) => group.map(({ name }) => name))).toEqual([
      ['Ingress-5'],
      ['Deployment-3', 'Deployment-7'],
      ['ClusterRole-6'],
      ['Secret-1'],
      ['Namespace-2'],
      ['Gadget-4'],
      ['Widget-0'],
    ]);
  });

  it('loses none, and gives each kind once', () => {
    const kind = fc.oneof(fc.constantFrom(...uninstallOrder), fc.string());
    fc.assert(
      fc.property(fc.array(kind), (kinds) => {
        const objects = ofKinds(...kinds);
        const groups = inUninstallOrder(objects);
        expect(new Set(groups.flat())).toEqual(new Set(objects));
        expect(groups.map((group) => new Set(group.map((one) => one.kind)).size)).toEqual(groups.map(() => 1));
        expect(new Set(groups.map((group) => group[0]?.kind)).size).toBe(groups.length);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../../../../src/kube/objects.ts';
import { choose, type SelectOptions } from '../../../../src/purge/plan/select.ts';

const meta = (name: string, rest: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  ...rest,
});
const options: SelectOptions = {
  selector: { matchLabels: { a: 'b' } },
  operator: { namespaces: ['ops'], releaseName: 'bookstore-operator' },
};

describe('choose', () => {
  it('takes what the server found, sorted', () => {
    expect(choose([meta('b'), meta('a')], options).selected.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['kube-system', meta('kube-system'), 'denied'],
    ['kube-anything', meta('kube-anything'), 'denied'],
    ['default', meta('default'), 'denied'],
    ["the operator's", meta('ops'), 'denied'],
    ['one that is being deleted', meta('a', { deletionTimestamp: '2026-11-20T19:00:00Z' }), 'terminating'],
  ])('leaves out %s although it carries the label, and says why', (_name, found, state) => {
    const { selected, leftOut } = choose([found], options);
    expect(selected).toEqual([]);
    expect(leftOut).toEqual([expect.objectContaining({ name: found.name, state })]);
  });

  it('narrows to -n, and says what -n cannot widen to', () => {
    const { selected, leftOut } = choose([meta('a'), meta('b')], { ...options, only: ['b', 'c', 'kube-system'] });
    expect(selected.map(({ name }) => name)).toEqual(['b']);
    expect(leftOut.map(({ name, state }) => `${name} ${state}`)).toEqual(['c not-selected', 'kube-system denied']);
  });

  it('takes nothing for an empty -n', () => {
    expect(choose([meta('a')], { ...options, only: [] }).selected).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import { reachingKinds } from '../../../../src/operator/decide/reach.ts';
import { inspectChart } from '../../../../src/watches/chart.ts';

test.each([
  [{ kind: 'ClusterRole' }, [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }]],
  [{ group: '', kind: 'Namespace' }, [{ group: '', kind: 'Namespace' }]],
  [{ group: 'example.com', kind: 'Widget' }, [{ group: 'example.com', kind: 'Widget' }]],
  [{ kind: 'Widget' }, []],
  [{ group: '', kind: 'ConfigMap' }, []],
  [{ kind: 'Deployment' }, []],
  [{ kind: 'List' }, []],
])('of %j these may be cluster-scoped: %j', (kind, reaching) => {
  expect(reachingKinds([kind])).toEqual(reaching);
});

test('the bundled chart reaches nowhere: a deletion of a BookStore asks for nothing', async () => {
  const result = await inspectChart('charts/bookstore');
  if (!result.ok) throw new Error(result.found);
  expect(result.chart.kinds).toContainEqual({ group: 'apps', kind: 'Deployment' });
  expect(reachingKinds(result.chart.kinds)).toEqual([]);
});

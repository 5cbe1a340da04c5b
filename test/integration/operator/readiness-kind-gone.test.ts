// A kind whose CustomResourceDefinition goes away while releases have objects of it, or that may not be watched.
import { afterAll, describe, expect, test } from 'vitest';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { type KindsRun, startKinds } from '../../support/kinds-chart.ts';
import { kubectlApply } from '../../support/kubectl-apply.ts';
import { eventually } from '../../support/operator-run.ts';
import { testCluster } from '../../support/test-context.ts';
import { createWidgetKind, deleteWidgetKind, widgetGroup } from '../../support/widget-kind.ts';

const kind = 'Gadget';
const gadgets = /\/gadgets$/;
const discovery = new RegExp(`^/apis/${widgetGroup.replaceAll('.', '\\.')}(/v1)?$`);

afterAll(async () => {
  await deleteWidgetKind(kind);
});

/** Lines of the log with this message and this in them. */
const logged = (operator: KindsRun, message: string, about: string) =>
  operator.log.filter((line) => line.includes(`"message":"${message}"`) && line.includes(about));

const setReady = (operator: KindsRun, status: string) =>
  operator.kubectl(
    'patch',
    'gadget',
    'gadget',
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status: { conditions: [{ type: 'Ready', status, message: 'as the test says' }] } }),
  );

describe('a kind that is not served any more', () => {
  test('is said to be, is not asked for all the time, and is followed again when it comes back', async () => {
    await using proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
    await createWidgetKind(kind);
    const operator = await startKinds({ namespace: 'op-readiness-gone', kubeconfig: proxy.kubeconfig });
    try {
      await operator.create('gadget');
      await operator.ready('gadget');

      await deleteWidgetKind(kind);
      await operator.says('gadget', /^Gadget gadget: its kind is not served any more$/);
      const message = 'kind is not served any more, its objects are not followed';
      await eventually('it is logged', () => Promise.resolve(logged(operator, message, 'gadgets').length > 0));
      const since = performance.now();
      await eventually('a few looks have passed', () =>
        Promise.resolve(proxy.log.count({ path: discovery, sinceMs: since }) >= 3),
      );
      expect(performance.now() - since).toBeGreaterThan(2_000);
      expect(proxy.log.count({ path: gadgets, sinceMs: since })).toBe(0);
      expect(logged(operator, message, 'gadgets')).toHaveLength(1);
      expect(operator.log.filter((line) => line.includes('watch failed') && line.includes('gadgets'))).toEqual([]);

      await createWidgetKind(kind);
      await kubectlApply({
        apiVersion: `${widgetGroup}/v1`,
        kind,
        metadata: {
          name: 'gadget',
          namespace: operator.namespace,
          labels: { 'app.kubernetes.io/managed-by': 'Helm' },
          annotations: {
            'meta.helm.sh/release-name': 'gadget',
            'meta.helm.sh/release-namespace': operator.namespace,
          },
        },
        spec: { size: 1 },
      });
      await operator.ready('gadget');
      await setReady(operator, 'False');
      await operator.says('gadget', /^Gadget gadget: as the test says$/);
    } finally {
      await operator.stop();
    }
  });

  test('is said to be also where objects are not watched at all', async () => {
    await createWidgetKind(kind);
    const operator = await startKinds({ namespace: 'op-readiness-alone', entry: { watchDependentResources: false } });
    try {
      await operator.create('gadget');
      await operator.ready('gadget');
      await deleteWidgetKind(kind);
      await operator.kubectl('annotate', 'bs', 'gadget', 'helm.velotio.com/reconcile-requested-at=now');
      await operator.says('gadget', /^Gadget gadget: its kind is not served any more$/);
    } finally {
      await operator.stop();
    }
  });
});

describe('a kind that may not be watched', () => {
  test('is read object by object; which right is missing is logged once', async () => {
    await using proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
    await createWidgetKind(kind);
    proxy.faults.add({ kind: 'status', code: 403, reason: 'Forbidden', where: { path: gadgets, method: 'GET' } });
    const operator = await startKinds({ namespace: 'op-readiness-unwatched', kubeconfig: proxy.kubeconfig });
    try {
      await operator.create('gadget');
      await operator.ready('gadget');
      await setReady(operator, 'False');
      // no event tells of it: something else makes the operator look
      await operator.kubectl('annotate', 'bs', 'gadget', 'helm.velotio.com/reconcile-requested-at=now');
      await operator.says('gadget', /^Gadget gadget: as the test says$/);
      // and now that it is not ready, it is looked at again by itself
      await setReady(operator, 'True');
      await operator.ready('gadget');

      await eventually('the watch was tried more than once', () =>
        Promise.resolve(proxy.log.count({ path: gadgets }) > 2),
      );
      const lines = logged(
        operator,
        'kind may not be followed, so its objects are read one by one and changes go unnoticed',
        '',
      );
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        resource: `gadgets.${widgetGroup}`,
        verbs: ['list', 'watch'],
        namespaces: [operator.namespace],
      });
      expect(operator.log.filter((line) => line.includes('watch failed') && line.includes('gadgets'))).toEqual([]);
    } finally {
      await operator.stop();
    }
  });

  test('nor read any more: the right is named, and it is looked at again', async () => {
    await using proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
    await createWidgetKind(kind);
    const operator = await startKinds({ namespace: 'op-readiness-unread', kubeconfig: proxy.kubeconfig });
    try {
      await operator.create('gadget');
      await operator.ready('gadget');
      proxy.faults.add({
        kind: 'status',
        code: 403,
        reason: 'Forbidden',
        where: { path: /\/gadgets\//, method: 'GET' },
      });
      await setReady(operator, 'True');
      await operator.says(
        'gadget',
        /^Gadget gadget: it may not be read \(get gadgets\.readiness\.test\.example\.com\)$/,
      );
      proxy.faults.clear();
      await operator.ready('gadget');
    } finally {
      await operator.stop();
    }
  });
});

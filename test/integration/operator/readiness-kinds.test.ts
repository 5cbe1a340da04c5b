// Each kind by the real thing: ready when it does what it is there for, and not before.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KindsRun, startKinds } from '../../support/kinds-chart.ts';
import { kubectlApply } from '../../support/kubectl-apply.ts';
import { kubectl } from '../../support/operator-run.ts';
import { createWidgetKind, deleteWidgetKind } from '../../support/widget-kind.ts';

const kind = 'Widget';
const [late, never] = ['readiness-first-consumer', 'readiness-never'];
let operator: KindsRun;

const storageClass = (name: string, volumeBindingMode: string) =>
  kubectlApply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'test.example.com/none',
    volumeBindingMode,
  });

beforeAll(async () => {
  await Promise.all([
    createWidgetKind(kind),
    storageClass(late, 'WaitForFirstConsumer'),
    storageClass(never, 'Immediate'),
  ]);
  operator = await startKinds({ namespace: 'op-readiness-kinds' });
});

afterAll(async () => {
  await operator.stop();
  await deleteWidgetKind(kind);
  await kubectl('delete', 'storageclass', late, never);
});

const slow = { podAnnotations: { 'local.velotio.com/ready-after': '3s' } };
const ofClass = (name: string) => ({ nodeSelector: { storageClass: name } });

describe('what runs pods is ready when they are', () => {
  test.each([
    ['statefulset', /^StatefulSet statefulset: [01] of 2 pods are ready/, { replicaCount: 2, ...slow }],
    ['replicaset', /^ReplicaSet replicaset: 0 of 1 pods are available/, slow],
    ['daemonset', /^DaemonSet daemonset: 0 of \d+ pods are available/, slow],
    ['pod', /^Pod pod: /, slow],
  ])('%s', async (name, before, spec) => {
    await operator.create(name, spec);
    await operator.says(name, before);
    await operator.ready(name);
  });
});

describe('a Job is ready', () => {
  test('when it is complete, not while it runs', async () => {
    await operator.create('job', { podAnnotations: { 'local.velotio.com/complete-after': '3s' } });
    await operator.says('job', /^Job job: it is running/);
    await operator.ready('job');
    expect(await operator.kubectl('get', 'job', 'job', '-o', 'jsonpath={.status.succeeded}')).toBe('1');
  });

  test('while it is suspended', async () => {
    await operator.create('suspendedjob');
    await operator.ready('suspendedjob');
  });
});

describe('a claim', () => {
  test('is ready when it is bound', async () => {
    await operator.create('claim-bound', ofClass('local'));
    await operator.ready('claim-bound');
    const phase = await operator.kubectl('get', 'pvc', 'claim-bound', '-o', 'jsonpath={.status.phase}');
    expect(phase).toBe('Bound');
  });

  test('that waits for its first consumer holds nothing back; once a pod needs it, it does until it is bound', async () => {
    await operator.create('claim-late', ofClass(late));
    await operator.ready('claim-late');
    expect(await operator.kubectl('get', 'pvc', 'claim-late', '-o', 'jsonpath={.status.phase}')).toBe('Pending');
    await kubectlApply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'consumer', namespace: operator.namespace },
      spec: {
        containers: [{ name: 'main', image: 'example.com/none:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'claim-late' } }],
      },
    });
    await operator.says(
      'claim-late',
      new RegExp(`: it is Pending: StorageClass ${late} has not provided its volume yet$`),
    );
  });

  test('that nobody provides a volume for is not ready', async () => {
    await operator.create('claim-never', ofClass(never));
    await operator.says('claim-never', new RegExp(`: it is Pending: StorageClass ${never} has not provided`));
  });

  test('whose class does not exist says so, and is looked at again until it does', async () => {
    const name = 'readiness-comes-later';
    await operator.create('claim-class', ofClass(name));
    await operator.says('claim-class', new RegExp(`: it is Pending: StorageClass ${name} does not exist$`));
    await storageClass(name, 'WaitForFirstConsumer');
    await operator.ready('claim-class');
    await kubectl('delete', 'storageclass', name);
  });
});

describe('what has no address, no metrics and no date yet', () => {
  test('holds nothing back: Service, Ingress, PodDisruptionBudget, HorizontalPodAutoscaler, CronJob', async () => {
    await operator.create('network');
    const { status } = await operator.ready('network');
    expect(status?.inventory?.map((entry) => entry.kind).toSorted()).toEqual([
      'CronJob',
      'HorizontalPodAutoscaler',
      'Ingress',
      'PodDisruptionBudget',
      'Service',
    ]);
    const address = await operator.kubectl('get', 'service', 'network', '-o', 'jsonpath={.status.loadBalancer}');
    expect(address).toBe('{}');
  });
});

describe('a custom resource', () => {
  const setStatus = (status: Record<string, unknown>) =>
    operator.kubectl(
      'patch',
      'widget',
      'widget',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    );
  const condition = (type: string, status: string, message: string) => ({ type, status, message });

  test('is ready as long as its conditions say nothing else', async () => {
    await operator.create('widget');
    await operator.ready('widget');
    await setStatus({ conditions: [condition('Ready', 'False', 'no \u001b[31mdisk\n')] });
    await operator.says('widget', /^Widget widget: no \[31mdisk$/);
    await setStatus({ observedGeneration: 0, conditions: [condition('Ready', 'True', '')] });
    await operator.says('widget', /^Widget widget: its latest spec has not been observed yet$/);
    await setStatus({ observedGeneration: 1, conditions: [condition('Stalled', 'True', 'bad spec')] });
    await operator.says('widget', /^Widget widget: bad spec$/);
    await setStatus({ conditions: [condition('Ready', 'True', '')] });
    await operator.ready('widget');
  });
});

describe('an object that is being deleted', () => {
  test('is not ready, whatever it does', async () => {
    await operator.create('deployment-going');
    await operator.ready('deployment-going');
    const finalizers = (list: string) =>
      operator.kubectl(
        'patch',
        'deployment',
        'deployment-going',
        '--type=merge',
        '-p',
        `{"metadata":{"finalizers":${list}}}`,
      );
    await finalizers('["test.example.com/holds"]');
    await operator.kubectl('delete', 'deployment', 'deployment-going', '--wait=false');
    await operator.says('deployment-going', /^Deployment deployment-going: it is being deleted$/);
    await finalizers('[]');
  });
});

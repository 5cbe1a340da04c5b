import { describe, expect, test } from 'vitest';
import { hasReadiness, readinessOf, runsPods } from '../../../src/operator/readiness.ts';
import { failed, progressing, type Readiness, ready } from '../../../src/operator/status-object.ts';

type Fields = Record<string, unknown>;
type Given = readonly [kind: { group: string; kind: string }, spec: Fields, status: Fields];

const of = (group: string, kind: string) => (spec: Fields, status: Fields) =>
  [{ group, kind }, spec, status] satisfies Given;
const workload = (kind: string) => (spec: Fields, status: Fields) =>
  of('apps', kind)(spec, { observedGeneration: 1, ...status });
const [deployment, statefulSet] = [workload('Deployment'), workload('StatefulSet')];
const [daemonSet, replicaSet] = [workload('DaemonSet'), workload('ReplicaSet')];
const [job, cronJob, claim] = [of('batch', 'Job'), of('batch', 'CronJob'), of('', 'PersistentVolumeClaim')];
const [pod, service, ingress] = [of('', 'Pod'), of('', 'Service'), of('networking.k8s.io', 'Ingress')];
const [budget, autoscaler] = [of('policy', 'PodDisruptionBudget'), of('autoscaling', 'HorizontalPodAutoscaler')];
const definition = of('apiextensions.k8s.io', 'CustomResourceDefinition');
const apiService = of('apiregistration.k8s.io', 'APIService');
const custom = of('example.com', 'Database');

const is = (type: string, status: string, more: Fields = {}) => ({ type, status, ...more });
const conditions = (...each: Fields[]) => ({ conditions: each });
const counts = (replicas: number, updatedReplicas: number, availableReplicas: number) => ({
  replicas,
  updatedReplicas,
  availableReplicas,
});
const sets = (replicas: number, readyReplicas: number, updatedReplicas: number) => ({
  replicas,
  readyReplicas,
  updatedReplicas,
});
const nodes = (wanted: number, current: number, updated: number, available: number) => ({
  desiredNumberScheduled: wanted,
  currentNumberScheduled: current,
  updatedNumberScheduled: updated,
  numberAvailable: available,
});
const onDelete = { updateStrategy: { type: 'OnDelete' } };
const partition = (at: number) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: at } } });
const quota = is('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'exceeded quota: pods' });
const overdue = is('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out' });
const stale = progressing('its latest spec has not been observed yet');
const unseen = progressing('its controller has not seen it yet');

const cases: readonly (readonly [situation: string, given: Given, verdict: Readiness])[] = [
  ['a Deployment nobody has seen', of('apps', 'Deployment')({}, {}), unseen],
  ['a Deployment with the status of an old spec', deployment({}, { observedGeneration: 0 }), stale],
  ['a Deployment with the status of another life', deployment({}, { observedGeneration: 7 }), stale],
  ['a Deployment without pods', deployment({}, {}), progressing('0 of 1 pods are up to date')],
  [
    'a Deployment with old pods',
    deployment({ replicas: 2 }, counts(2, 1, 2)),
    progressing('1 of 2 pods are up to date'),
  ],
  ['a Deployment with too few', deployment({ replicas: 2 }, counts(2, 2, 1)), progressing('1 of 2 pods are available')],
  [
    'a Deployment rolling out',
    deployment({ replicas: 2 }, counts(3, 2, 3)),
    progressing('1 pod too many is still there'),
  ],
  ['a Deployment scaled down', deployment({}, counts(3, 3, 3)), progressing('2 pods too many are still there')],
  ['a Deployment that is done', deployment({ replicas: 2 }, counts(2, 2, 2)), ready],
  ['a Deployment of nothing', deployment({ replicas: 0 }, {}), ready],
  ['a paused Deployment whose pods run', deployment({ paused: true }, counts(1, 1, 1)), ready],
  [
    'a paused Deployment whose pods are old',
    deployment({ paused: true }, counts(1, 0, 1)),
    progressing('it is paused: 0 of 1 pods are up to date'),
  ],
  [
    'a Deployment past its deadline',
    deployment({}, { ...counts(1, 1, 0), ...conditions(overdue) }),
    failed('its progress deadline passed: 0 of 1 pods are available'),
  ],
  [
    'a Deployment over its quota',
    deployment({}, conditions(quota)),
    progressing('0 of 1 pods are up to date; FailedCreate: exceeded quota: pods'),
  ],
  [
    'a Deployment that a controller reconciles',
    deployment({}, { ...counts(1, 1, 1), ...conditions(is('Reconciling', 'True', { reason: 'Moving' })) }),
    progressing('Moving'),
  ],

  ['a StatefulSet nobody has seen', of('apps', 'StatefulSet')({ replicas: 0 }, {}), unseen],
  ['a StatefulSet with the status of an old spec', statefulSet({}, { observedGeneration: 0 }), stale],
  ['a StatefulSet that is done', statefulSet({ replicas: 2 }, sets(2, 2, 2)), ready],
  ['a StatefulSet on its way', statefulSet({ replicas: 3 }, sets(3, 2, 3)), progressing('2 of 3 pods are ready')],
  ['a StatefulSet scaled down', statefulSet({}, sets(2, 2, 2)), progressing('1 pod too many is still there')],
  ['a StatefulSet rolling out', statefulSet({}, sets(1, 1, 0)), progressing('0 of 1 pods are up to date')],
  ['a StatefulSet of nothing', statefulSet({ replicas: 0 }, {}), ready],
  ['a StatefulSet with a partition', statefulSet({ replicas: 3, ...partition(2) }, sets(3, 3, 1)), ready],
  ['a StatefulSet that is all partition', statefulSet({ replicas: 3, ...partition(5) }, sets(3, 3, 0)), ready],
  [
    'a StatefulSet short of its partition',
    statefulSet({ replicas: 3, ...partition(1) }, sets(3, 3, 1)),
    progressing('1 of 2 pods are up to date'),
  ],
  ['a StatefulSet with OnDelete and old pods', statefulSet(onDelete, sets(1, 1, 0)), ready],
  [
    'a StatefulSet with OnDelete, not ready',
    statefulSet(onDelete, sets(1, 0, 1)),
    progressing('0 of 1 pods are ready'),
  ],

  ['a DaemonSet nobody has seen', of('apps', 'DaemonSet')({}, nodes(0, 0, 0, 0)), unseen],
  ['a DaemonSet with the status of an old spec', daemonSet({}, { observedGeneration: 0 }), stale],
  ['a DaemonSet without nodes', daemonSet({}, nodes(0, 0, 0, 0)), ready],
  ['a DaemonSet that is done', daemonSet({}, nodes(2, 2, 2, 2)), ready],
  ['a DaemonSet that lacks pods', daemonSet({}, nodes(2, 1, 1, 1)), progressing('1 of 2 pods are there')],
  ['a DaemonSet rolling out', daemonSet({}, nodes(2, 2, 1, 2)), progressing('1 of 2 pods are up to date')],
  ['a DaemonSet on its way', daemonSet({}, nodes(2, 2, 2, 1)), progressing('1 of 2 pods are available')],
  ['a DaemonSet with OnDelete and old pods', daemonSet(onDelete, nodes(2, 2, 0, 2)), ready],

  ['a ReplicaSet nobody has seen', of('apps', 'ReplicaSet')({}, {}), unseen],
  ['a ReplicaSet with the status of an old spec', replicaSet({}, { observedGeneration: 0 }), stale],
  ['a ReplicaSet that is done', replicaSet({}, counts(1, 0, 1)), ready],
  ['a ReplicaSet on its way', replicaSet({ replicas: 2 }, counts(2, 0, 1)), progressing('1 of 2 pods are available')],
  [
    'a ReplicaSet scaled down',
    replicaSet({ replicas: 0 }, counts(1, 0, 1)),
    progressing('1 pod too many is still there'),
  ],
  [
    'a ReplicaSet over its quota',
    replicaSet({}, conditions(quota)),
    progressing('0 of 1 pods are available; FailedCreate: exceeded quota: pods'),
  ],

  ['a Job nobody has seen', job({}, {}), progressing('it has not started')],
  ['a Job that runs', job({}, { startTime: 'x', active: 1 }), progressing('it is running')],
  ['a Job that tries', job({}, { startTime: 'x', failed: 2 }), progressing('it is running; 2 pods failed so far')],
  ['a Job that is complete', job({}, { failed: 2, ...conditions(is('Complete', 'True')) }), ready],
  ['a Job that failed', job({}, conditions(is('Failed', 'True', { message: 'too often' }))), failed('too often')],
  ['a Job that failed without a word', job({}, conditions(is('Failed', 'True'))), failed('it failed')],
  ['a Job that is suspended', job({ suspend: true }, {}), ready],
  ['a Job that failed, suspended', job({ suspend: true }, conditions(is('Failed', 'True'))), failed('it failed')],
  ['a CronJob', cronJob({ suspend: true }, {}), ready],

  ['a claim that is bound', claim({}, { phase: 'Bound' }), ready],
  ['a claim that is pending', claim({}, {}), progressing('it is Pending')],
  ['a claim that is lost', claim({}, { phase: 'Lost' }), failed('it is Lost: its volume is gone')],

  ['a Pod that is ready', pod({}, { phase: 'Running', ...conditions(is('Ready', 'True')) }), ready],
  ['a Pod that is done', pod({}, { phase: 'Succeeded', ...conditions(is('Ready', 'False')) }), ready],
  ['a Pod nobody has seen', pod({}, {}), progressing('Pending')],
  [
    'a Pod that failed',
    pod({}, { phase: 'Failed', reason: 'Evicted', message: 'no disk' }),
    failed('Evicted: no disk'),
  ],
  [
    'a Pod that is not ready',
    pod({}, { phase: 'Running', ...conditions(is('Ready', 'False', { reason: 'ContainersNotReady' })) }),
    progressing('ContainersNotReady'),
  ],

  ['a LoadBalancer without an address', service({ type: 'LoadBalancer' }, {}), ready],
  ['an Ingress without an address', ingress({}, {}), ready],
  ['a PodDisruptionBudget that allows nothing', budget({}, conditions(is('DisruptionAllowed', 'False'))), ready],
  ['a PodDisruptionBudget with the status of an old spec', budget({}, { observedGeneration: 0 }), stale],
  ['a HorizontalPodAutoscaler without metrics', autoscaler({}, conditions(is('ScalingActive', 'False'))), ready],

  ['a definition that is new', definition({}, {}), progressing('it is not established yet')],
  ['a definition that is established', definition({}, conditions(is('Established', 'True'))), ready],
  [
    'a definition on its way',
    definition({}, conditions(is('Established', 'False', { reason: 'Installing', message: 'soon' }))),
    progressing('it is not established yet'),
  ],
  [
    'a definition whose names are taken',
    definition({}, conditions(is('NamesAccepted', 'False', { message: 'plural is taken' }))),
    failed('plural is taken'),
  ],
  [
    'a definition that is refused',
    definition({}, conditions(is('Established', 'False'))),
    failed('it is not established'),
  ],

  ['an APIService that is new', apiService({}, {}), progressing('its API is not available yet')],
  ['an APIService that is served', apiService({}, conditions(is('Available', 'True'))), ready],
  [
    'an APIService whose Service is away',
    apiService({}, conditions(is('Available', 'False', { reason: 'MissingEndpoints', message: 'no endpoints' }))),
    progressing('no endpoints'),
  ],

  ['a custom resource without conditions', custom({}, {}), ready],
  ['a custom resource with the status of an old spec', custom({}, { observedGeneration: 0 }), stale],
  ['a custom resource that is Ready', custom({}, conditions(is('Ready', 'True'))), ready],
  ['a custom resource that is not', custom({}, conditions(is('Ready', 'False', { message: 'no' }))), progressing('no')],
  [
    'a custom resource that does not know',
    custom({}, conditions(is('Ready', 'Unknown'))),
    progressing('it is not ready'),
  ],
  ['a custom resource with a Ready of its own', custom({}, conditions(is('Ready', 'perhaps'))), ready],
  [
    'a custom resource that is reconciling',
    custom({}, conditions(is('Ready', 'True'), is('Reconciling', 'True', { message: 'resizing' }))),
    progressing('resizing'),
  ],
  [
    'a custom resource that is stalled, and reconciles',
    custom({}, conditions(is('Reconciling', 'True'), is('Stalled', 'True', { message: 'bad spec' }))),
    failed('bad spec'),
  ],
  ['a custom resource with conditions of no known shape', custom({}, { conditions: [null, 7, { type: 'x' }] }), ready],
  ['a custom resource with one condition', custom({}, { conditions: 'Ready' }), ready],
  [
    'a custom resource with a message of no known type',
    custom({}, conditions(is('Stalled', 'True', { message: 7 }))),
    failed('it is stalled'),
  ],
];

const object = (spec: Fields, status: Fields, metadata: Fields = {}) => ({
  metadata: { name: 'x', generation: 1, ...metadata },
  spec,
  status,
});

describe('readinessOf', () => {
  test.each(cases)('%s', (_situation, [kind, spec, status], verdict) => {
    expect(readinessOf(kind, object(spec, status))).toEqual(verdict);
  });

  test.each(cases)('%s, once it is being deleted', (_situation, [kind, spec, status]) => {
    const going = object(spec, status, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(readinessOf(kind, going)).toEqual(progressing('it is being deleted'));
  });
});

describe('what is read', () => {
  test.each([
    ['', 'Service', false, false],
    ['', 'ConfigMap', false, false],
    ['networking.k8s.io', 'Ingress', false, false],
    ['autoscaling', 'HorizontalPodAutoscaler', false, false],
    ['policy', 'PodDisruptionBudget', false, false],
    ['batch', 'CronJob', false, false],
    ['rbac.authorization.k8s.io', 'ClusterRole', false, false],
    ['apps', 'Deployment', true, true],
    ['batch', 'Job', true, true],
    ['', 'PersistentVolumeClaim', true, false],
    ['', 'Pod', true, false],
    ['apiextensions.k8s.io', 'CustomResourceDefinition', true, false],
    ['gateway.networking.k8s.io', 'Gateway', true, false],
    ['snapshot.storage.k8s.io', 'VolumeSnapshot', true, false],
    ['example.com', 'Deployment', true, false],
  ])('%s %s: its status %s, its pods %s', (group, kind, isRead, arePodsRead) => {
    expect([hasReadiness({ group, kind }), runsPods({ group, kind })]).toEqual([isRead, arePodsRead]);
  });
});

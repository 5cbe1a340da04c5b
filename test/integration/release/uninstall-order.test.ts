// The order in which the real helm deletes, as its debug output tells it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inUninstallOrder } from '../../../src/release/uninstall-order.ts';
import { ReleaseLab } from '../../support/release-lab.ts';

/** All of Helm's kinds that this API server has, by name; and three that Helm does not know. */
const kinds = [
  ['apiregistration.k8s.io/v1', 'APIService'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ['v1', 'ConfigMap'],
  ['batch/v1', 'CronJob'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['apps/v1', 'DaemonSet'],
  ['apps/v1', 'Deployment'],
  ['discovery.k8s.io/v1', 'EndpointSlice'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['networking.k8s.io/v1', 'IngressClass'],
  ['batch/v1', 'Job'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['v1', 'LimitRange'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['v1', 'Namespace'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['v1', 'PersistentVolume'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Pod'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['v1', 'PodTemplate'],
  ['scheduling.k8s.io/v1', 'PriorityClass'],
  ['apps/v1', 'ReplicaSet'],
  ['v1', 'ReplicationController'],
  ['v1', 'ResourceQuota'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['v1', 'ServiceAccount'],
  ['apps/v1', 'StatefulSet'],
  ['storage.k8s.io/v1', 'StorageClass'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
].map(([apiVersion = '', kind = '']) => ({ apiVersion, kind }));

let lab: ReleaseLab;
beforeAll(async () => {
  lab = await ReleaseLab.open();
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

it('is the order of inUninstallOrder', async () => {
  const namespace = await lab.namespace('order');
  await lab.helm('install', 'order', await lab.chart(''), '-n', namespace);
  // helm asks for the deletion of what is not there as well
  const manifest = kinds
    .map(({ apiVersion, kind }) => `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: never-made}\n`)
    .join('');
  await lab.forge(namespace, 'order', (json) => JSON.stringify({ ...(JSON.parse(json) as object), manifest }));
  const { stderr } = await lab.startHelm('uninstall', 'order', '-n', namespace, '--debug');
  const deleted = [...String(stderr).matchAll(/starting delete resource.* kind=(\w+)/g)].map(([, kind]) => kind);
  expect(deleted).toEqual(inUninstallOrder(kinds).map(([first]) => first?.kind));
});

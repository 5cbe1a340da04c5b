// Whether a chart may render objects that do not go with the release's namespace. Pure.
import type { ChartKind } from '../../watches/watch-entry.ts';

/** Kubernetes' own kinds that charts render and that live in namespaces: about every other, the API server is asked. */
const namespacedKinds: ReadonlySet<string> = new Set([
  'ConfigMap',
  'ControllerRevision',
  'CronJob',
  'DaemonSet',
  'Deployment',
  'EndpointSlice',
  'Endpoints',
  'HorizontalPodAutoscaler',
  'Ingress',
  'Job',
  'Lease',
  'LimitRange',
  'NetworkPolicy',
  'PersistentVolumeClaim',
  'Pod',
  'PodDisruptionBudget',
  'PodTemplate',
  'ReplicaSet',
  'ReplicationController',
  'ResourceQuota',
  'Role',
  'RoleBinding',
  'Secret',
  'Service',
  'ServiceAccount',
  'StatefulSet',
]);

/** The groups of Kubernetes' own cluster-scoped kinds, for a template that does not tell the group. */
const clusterScopedGroups: Readonly<Record<string, string>> = {
  APIService: 'apiregistration.k8s.io',
  CSIDriver: 'storage.k8s.io',
  ClusterRole: 'rbac.authorization.k8s.io',
  ClusterRoleBinding: 'rbac.authorization.k8s.io',
  CustomResourceDefinition: 'apiextensions.k8s.io',
  FlowSchema: 'flowcontrol.apiserver.k8s.io',
  IngressClass: 'networking.k8s.io',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io',
  Namespace: '',
  PersistentVolume: '',
  PriorityClass: 'scheduling.k8s.io',
  PriorityLevelConfiguration: 'flowcontrol.apiserver.k8s.io',
  RuntimeClass: 'node.k8s.io',
  StorageClass: 'storage.k8s.io',
  ValidatingAdmissionPolicy: 'admissionregistration.k8s.io',
  ValidatingAdmissionPolicyBinding: 'admissionregistration.k8s.io',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io',
};

/** Those of a chart's kinds that may be cluster-scoped, with their groups; one whose group is not known is left out. */
export function reachingKinds(
  kinds: readonly ChartKind[],
): readonly { readonly group: string; readonly kind: string }[] {
  return kinds.flatMap(({ kind, group = clusterScopedGroups[kind] }) =>
    group === undefined || namespacedKinds.has(kind) || kind === 'List' ? [] : [{ group, kind }],
  );
}

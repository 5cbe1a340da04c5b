// The order in which Helm uninstalls: by kind, whatever the group, one kind after the other. Pure.

/**
 * Helm's `UninstallOrder` (pkg/release/v1/util/kind_sorter.go, 4.2): webhooks first, so that they do not stand in the way;
 * what others live on, last.
 */
export const uninstallOrder = [
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'Ingress',
  'IngressClass',
  'Service',
  'CronJob',
  'Job',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'DaemonSet',
  'RoleBindingList',
  'RoleBinding',
  'RoleList',
  'Role',
  'ClusterRoleBindingList',
  'ClusterRoleBinding',
  'ClusterRoleList',
  'ClusterRole',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'ConfigMap',
  'SecretList',
  'Secret',
  'ServiceAccount',
  'PodDisruptionBudget',
  'PodSecurityPolicy',
  'LimitRange',
  'ResourceQuota',
  'NetworkPolicy',
  'Namespace',
  'PriorityClass',
] as const;

const rankByKind: ReadonlyMap<string, number> = new Map(uninstallOrder.map((kind, rank) => [kind, rank]));

/**
 * The objects in groups, each of one kind, in the order in which they are to go. Kinds that Helm does not know come last,
 * by name; within a kind the order stays.
 */
export function inUninstallOrder<T extends { readonly kind: string }>(
  objects: readonly T[],
): readonly (readonly T[])[] {
  const byKind = Map.groupBy(objects, ({ kind }) => kind);
  return [...byKind].sort(([a], [b]) => compareKinds(a, b)).map(([, group]) => group);
}

function compareKinds(a: string, b: string): number {
  const [rankA, rankB] = [rankByKind.get(a) ?? uninstallOrder.length, rankByKind.get(b) ?? uninstallOrder.length];
  return rankA === rankB ? (a < b ? -1 : 1) : rankA - rankB;
}

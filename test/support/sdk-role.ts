// What operator-sdk's scaffold lets its operator do, and what ours needs besides (docs/migrate-from-operator-sdk.md).

/** A rule of a ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const all = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** `config/rbac/role.yaml` as `operator-sdk create api --plugins helm` makes it, for a kind and its chart. */
export function scaffoldRules(
  kind: { readonly group: string; readonly plural: string },
  chart: readonly PolicyRule[],
): readonly PolicyRule[] {
  const { group, plural } = kind;
  return [
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['*'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create'] },
    { apiGroups: [group], resources: [plural, `${plural}/status`, `${plural}/finalizers`], verbs: all },
    ...chart,
  ];
}

/** `config/rbac/leader_election_role.yaml`. */
export const leaderElectionRules: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: all },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: all },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
];

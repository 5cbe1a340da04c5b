// Hard denials: what no policy, flag or annotation makes purgeable (DESIGN.md P3).

/** Who we are, so that a purge never takes us away. */
export interface OperatorIdentity {
  /** Every namespace that may be ours. */
  readonly namespaces: readonly string[];
  readonly releaseName: string;
}

/** Why a namespace is never purged, undefined where it may be. */
export function namespaceDenial(namespace: string, operator: OperatorIdentity): string | undefined {
  if (namespace.startsWith('kube-')) return 'namespaces named kube-* are never purged';
  if (namespace === 'default') return 'the namespace default is never purged';
  if (operator.namespaces.includes(namespace)) return "the operator's own namespace is never purged";
  return undefined;
}

/** Why a release is never purged, undefined where it may be. */
export function releaseDenial(
  release: { readonly namespace: string; readonly name: string },
  operator: OperatorIdentity,
): string | undefined {
  const denial = namespaceDenial(release.namespace, operator);
  if (denial !== undefined) return denial;
  return release.name === operator.releaseName ? "the operator's own release is never purged" : undefined;
}

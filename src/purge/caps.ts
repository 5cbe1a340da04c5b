// The caps: over one of the run nothing at all is deleted; over the one of a namespace that namespace is left out (P4).
import type { CapHit, PlanEntry } from './plan.ts';
import type { PurgeSettings } from './settings.ts';

/** Entries after the caps. */
export interface Capped {
  readonly entries: readonly PlanEntry[];
  readonly capsHit: readonly CapHit[];
  /** Namespaces that were left out. */
  readonly namespacesOverCap: ReadonlySet<string>;
}

/**
 * Applies the caps. The namespace's comes first, so that one developer with many releases cannot stop the night for all.
 * `maxPercent` is of the live releases in the selected namespaces, not of what only claims to be one; `maxNamespaces` counts those where something would go.
 */
export function applyCaps(entries: readonly PlanEntry[], limits: PurgeSettings['limits']): Capped {
  const namespacesOverCap = namespacesOver(entries, limits.maxReleasesPerNamespace);
  const capped = entries.map((entry) =>
    entry.action === 'purge' && namespacesOverCap.has(entry.namespace)
      ? keptByCap(entry, limits.maxReleasesPerNamespace)
      : entry,
  );
  return { entries: capped, capsHit: capsHit(capped, limits), namespacesOverCap };
}

function namespacesOver(entries: readonly PlanEntry[], limit: number): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { action, namespace } of entries) {
    if (action === 'purge') counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > limit).map(([namespace]) => namespace));
}

function keptByCap(entry: PlanEntry, limit: number): PlanEntry {
  return {
    ...entry,
    action: 'keep',
    rule: 'namespace-cap',
    reason: `more than ${limit} releases of its namespace would go (maxReleasesPerNamespace)`,
    isDoubtful: true,
  };
}

function capsHit(entries: readonly PlanEntry[], limits: PurgeSettings['limits']): readonly CapHit[] {
  const purged = entries.filter(({ action }) => action === 'purge');
  const live = entries.filter(({ status, revision }) => status !== 'uninstalled' && revision > 0);
  const namespaces = new Set(purged.map(({ namespace }) => namespace)).size;
  const percent = live.length === 0 ? 0 : (100 * purged.length) / live.length;
  const checks: readonly Omit<CapHit, 'reason'>[] = [
    { cap: 'maxReleases', limit: limits.maxReleases, found: purged.length },
    { cap: 'maxNamespaces', limit: limits.maxNamespaces, found: namespaces },
    { cap: 'maxPercent', limit: limits.maxPercent ?? 100, found: percent },
  ];
  const told = {
    maxReleases: `${purged.length} releases would go`,
    maxNamespaces: `${namespaces} namespaces would lose releases`,
    maxPercent: `${purged.length} of ${live.length} releases (${Math.round(percent * 10) / 10} %) would go`,
  };
  return checks
    .filter(({ limit, found }) => found > limit)
    .map((hit) => ({ ...hit, reason: `${told[hit.cap]}, the policy allows ${hit.limit} (${hit.cap})` }));
}

// The caps: over one of the run nothing at all is deleted; over the one of a namespace that namespace is left out (P4).

import type { PurgeSettings } from '../policy/settings.ts';
import type { CapHit, PlanEntry } from './plan.ts';

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
  return new Set([...purgesByNamespace(entries)].filter(([, count]) => count > limit).map(([namespace]) => namespace));
}

/** How many releases would go, of each namespace that would lose any. */
export function purgesByNamespace(entries: readonly PlanEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { action, namespace } of entries) {
    if (action === 'purge') counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return counts;
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
  const { purged, live, namespaces, percent } = count(entries);
  const told = {
    maxReleases: `${purged} releases would go`,
    maxNamespaces: `${namespaces} namespaces would lose releases`,
    maxPercent: `${purged} of ${live} releases (${Math.round(percent * 10) / 10} %) would go`,
  };
  return measureCaps(entries, limits)
    .filter(({ limit, found }) => limit !== undefined && found > limit)
    .map(({ cap, limit = 0, found }) => ({
      cap,
      limit,
      found,
      reason: `${told[cap]}, the policy allows ${limit} (${cap})`,
    }));
}

/** How much of a cap of the run is used. */
export interface CapMeasure {
  readonly cap: CapHit['cap'];
  /** Undefined: the policy sets none. */
  readonly limit: number | undefined;
  readonly found: number;
}

/** Measures the entries against the caps of the run. */
export function measureCaps(entries: readonly PlanEntry[], limits: PurgeSettings['limits']): readonly CapMeasure[] {
  const { purged, namespaces, percent } = count(entries);
  return [
    { cap: 'maxReleases', limit: limits.maxReleases, found: purged },
    { cap: 'maxNamespaces', limit: limits.maxNamespaces, found: namespaces },
    { cap: 'maxPercent', limit: limits.maxPercent, found: percent },
  ];
}

function count(entries: readonly PlanEntry[]) {
  const purged = entries.filter(({ action }) => action === 'purge');
  const live = entries.filter(({ status, revision }) => status !== 'uninstalled' && revision > 0).length;
  const namespaces = new Set(purged.map(({ namespace }) => namespace)).size;
  return { purged: purged.length, live, namespaces, percent: live === 0 ? 0 : (100 * purged.length) / live };
}

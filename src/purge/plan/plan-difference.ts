// Whether a plan that was given still fits: what it purges must be exactly what a fresh plan would purge. Pure.
import { byKey, type PlanEntry, type PurgePlan } from './plan.ts';
import type { GivenPlan, GivenPurge } from './plan-file.ts';

/** One thing that is not as it was. */
export interface PlanDifference {
  /** `namespace/name` of a release, or what of the plan as a whole: `policy`, `context`, `server`, `caps`. */
  readonly what: string;
  readonly planned: string;
  readonly now: string;
}

/** What the run is about to act on. */
export interface RunTarget {
  readonly policy: string;
  readonly context: string;
  readonly server: string;
}

/** What can be seen without asking the cluster: another target, or a plan that was blocked. */
export function differencesOfTarget(given: GivenPlan, target: RunTarget): readonly PlanDifference[] {
  const fields = ['policy', 'context', 'server'] as const;
  return [
    ...fields
      .filter((field) => given[field] !== target[field])
      .map((field) => ({ what: field, planned: given[field], now: target[field] })),
    ...given.capsHit.map((reason) => ({
      what: 'caps',
      planned: `blocked: ${reason}`,
      now: 'a blocked plan is not run',
    })),
  ];
}

/** The releases that the given plan purges within `namespaces`; undefined: all. */
export function purgesWithin(given: GivenPlan, namespaces: readonly string[] | undefined): readonly GivenPurge[] {
  return given.purges.filter(({ namespace }) => namespaces === undefined || namespaces.includes(namespace));
}

/** Every release that was to go and would not go now, or is another one. `fresh` was made with only these. */
export function differencesOfReleases(purges: readonly GivenPurge[], fresh: PurgePlan): readonly PlanDifference[] {
  const entries = new Map(fresh.entries.map((entry) => [`${entry.namespace}/${entry.name}`, entry]));
  const namespaces = new Map(fresh.namespaces.map((namespace) => [namespace.name, namespace]));
  return purges.toSorted(byKey).flatMap((purge) => {
    const what = `${purge.namespace}/${purge.name}`;
    const home = namespaces.get(purge.namespace);
    const now =
      home?.uid === undefined || home.uid === purge.namespaceUid
        ? changeOf(purge, { entry: entries.get(what), leftOut: home?.state === 'selected' ? undefined : home?.reason })
        : 'its namespace was deleted and made again';
    return now === undefined ? [] : [{ what, planned: `purge revision ${purge.revision}`, now }];
  });
}

function changeOf(
  { revision, recordsDigest }: GivenPurge,
  { entry, leftOut }: { readonly entry: PlanEntry | undefined; readonly leftOut: string | undefined },
): string | undefined {
  if (entry === undefined) return leftOut === undefined ? 'gone, or its namespace is no longer selected' : leftOut;
  if (entry.action === 'keep') return `keep: ${entry.reason}`;
  if (entry.recordsDigest === recordsDigest) return undefined;
  if (entry.revision > revision) return `revision ${entry.revision}: it was upgraded or rolled back`;
  return `revision ${entry.revision}: it was touched, or deleted and installed again`;
}

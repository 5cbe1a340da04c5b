// Random clusters and policies as fast-check draws them, and the whole pure pipeline from them to a plan.
import fc from 'fast-check';
import type { PurgePolicySpec } from '../../src/api/v1alpha1/purge-policy.ts';
import { applyCaps } from '../../src/purge/plan/caps.ts';
import { assemblePlan, judge } from '../../src/purge/plan/judge.ts';
import type { PlanEntry, PurgePlan } from '../../src/purge/plan/plan.ts';
import { choose } from '../../src/purge/plan/select.ts';
import { settingsOf } from '../../src/purge/policy/settings.ts';
import { groupReleases } from '../../src/release/group-releases.ts';
import { releaseStatuses } from '../../src/release/record.ts';
import { nowMs, type ReleaseShape, recordMetas } from './stored-release.ts';

const operator = { namespaces: ['ops'], releaseName: 'bookstore-operator' };

/** A release with its key. */
export type PlannedRelease = ReleaseShape & { readonly namespace: string; readonly name: string };

/** What the server would tell. */
export interface PlanWorld {
  readonly namespaces: readonly {
    readonly name: string;
    readonly isTerminating: boolean;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
  readonly releases: readonly PlannedRelease[];
}

/** A policy without the selector, which the server applies. */
export type PlanPolicy = Omit<PurgePolicySpec, 'namespaceSelector'>;

/** A time that is over. */
export const past = '2020-01-01T00:00:00Z';

const teams = fc.constantFrom('team-a', 'team-b', 'team-c');
const namespaceName = fc.oneof(teams, teams, fc.constantFrom('kube-system', 'kube-public', 'default', 'ops', 'lab'));
const releaseName = fc.constantFrom('shop', 'api', 'db', 'cache', 'web-db', 'bookstore-operator', 'Bad_Name');
const optOut = fc.constantFrom('true', 'false', 'maybe', '2026-11-25T00:00:00Z', past, '2099-01-01T00:00:00Z');
const rarely = fc.oneof({ arbitrary: fc.constant(false), weight: 9 }, { arbitrary: fc.constant(true), weight: 1 });
const few = (keys: readonly string[], values: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> =>
  fc.oneof(
    { arbitrary: fc.constant({}), weight: 3 },
    { arbitrary: fc.dictionary(fc.constantFrom(...keys), values, { maxKeys: 2 }), weight: 1 },
  );
const keeps = few(
  ['purge.velotio.com/keep', 'purge.velotio.com/keep-until', 'purge.velotio.com/kepe', 'other'],
  optOut,
);
const marks = few(['helm.velotio.com/owner', 'helm.toolkit.fluxcd.io/name', 'team'], fc.constant('x'));
const pins = ['purge.velotio.com/keep', 'keep.purge.velotio.com/shop', 'keep.purge.velotio.com/db', 'other'];

/** Draws a cluster: about a third of its releases is protected by nothing. */
export const planWorlds: fc.Arbitrary<PlanWorld> = fc.record({
  namespaces: fc.uniqueArray(
    fc.record({ name: namespaceName, isTerminating: rarely, annotations: few(pins, optOut) }),
    { selector: ({ name }) => name, maxLength: 8 },
  ),
  releases: fc.uniqueArray(
    fc.record({
      namespace: namespaceName,
      name: releaseName,
      revision: fc.integer({ min: 1, max: 12 }),
      status: fc.oneof(fc.constant('deployed' as const), fc.constantFrom(...releaseStatuses)),
      ageMs: fc.oneof(
        fc.integer({ min: 0, max: 30 * 86_400_000 }),
        fc.integer({ min: 0, max: 30 * 86_400_000 }),
        fc.integer({ min: -3_600_000, max: 1_800_000 }),
        fc.constant(null),
      ),
      annotations: keeps,
      olderAnnotations: keeps,
      labels: marks,
      olderLabels: marks,
      isForged: rarely,
    }),
    { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 30 },
  ),
});

/** By what each of {@link planPolicies}' globs is to be understood. */
export const excludeGlobs = ['*-db', 'shop', '**', 'c?che', '{api,db}'] as const;

/** Draws a policy. */
export const planPolicies: fc.Arbitrary<PlanPolicy> = fc.record({
  exclude: fc.oneof(fc.constant([]), fc.subarray([...excludeGlobs])),
  minAge: fc.constantFrom('0s', '1h', '48h'),
  foreignReleases: fc.constantFrom('Skip', 'Purge'),
  limits: fc.record(
    {
      maxReleases: fc.integer({ min: 1, max: 8 }),
      maxReleasesPerNamespace: fc.integer({ min: 1, max: 5 }),
      maxNamespaces: fc.integer({ min: 1, max: 4 }),
      maxPercent: fc.integer({ min: 1, max: 100 }),
    },
    { requiredKeys: [] },
  ),
});

/** The whole pure pipeline. `withCaps: false` stops before the caps. */
export function planOf({ namespaces, releases }: PlanWorld, policy: PlanPolicy, withCaps = true): PurgePlan {
  const settings = settingsOf({
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgePolicy',
    metadata: { name: 'p' },
    spec: { ...policy, namespaceSelector: { matchLabels: { a: 'b' } } },
  });
  const selection = choose(
    namespaces.map(({ name, isTerminating, annotations }) => ({
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      annotations,
      ...(isTerminating ? { deletionTimestamp: '2026-11-20T19:59:00Z' } : {}),
    })),
    { selector: settings.namespaceSelector, operator },
  );
  const judged = selection.selected.flatMap((namespace) =>
    judge(groupReleases(releases.filter((one) => one.namespace === namespace.name).flatMap(recordMetas)), {
      namespace,
      settings,
      operator,
      nowMs,
    }),
  );
  const capped = withCaps
    ? applyCaps(judged, settings.limits)
    : { entries: judged, capsHit: [], namespacesOverCap: new Set<string>() };
  return assemblePlan({ policy: 'p', context: 'c', server: 's', nowMs, selection, warnings: [], ...capped });
}

/** `namespace/name` of each. */
export function keysOf(entries: readonly Pick<PlanEntry, 'namespace' | 'name'>[]): string[] {
  return entries.map(({ namespace, name }) => `${namespace}/${name}`);
}

/** What would go. */
export function goingBy(plan: PurgePlan): string[] {
  return keysOf(plan.entries.filter(({ action }) => action === 'purge'));
}

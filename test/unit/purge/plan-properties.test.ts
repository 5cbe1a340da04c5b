// What holds for every plan whatever the cluster looks like (DESIGN.md P3, P4).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PurgePolicySpec } from '../../../src/api/v1alpha1/purge-policy.ts';
import { applyCaps } from '../../../src/purge/caps.ts';
import { assemblePlan, judge } from '../../../src/purge/judge.ts';
import { entriesToPurge, type PlanEntry, type PurgePlan } from '../../../src/purge/plan.ts';
import { choose } from '../../../src/purge/select.ts';
import { settingsOf } from '../../../src/purge/settings.ts';
import { groupReleases } from '../../../src/release/group-releases.ts';
import { releaseStatuses } from '../../../src/release/record.ts';
import { nowMs, type ReleaseShape, recordMetas } from '../../support/stored-release.ts';

const operator = { namespaces: ['ops'], releaseName: 'bookstore-operator' };

interface World {
  readonly namespaces: readonly {
    readonly name: string;
    readonly isTerminating: boolean;
    readonly annotations: Record<string, string>;
  }[];
  readonly releases: readonly (ReleaseShape & { readonly namespace: string; readonly name: string })[];
}

const namespaceName = fc.constantFrom(
  'team-a',
  'team-b',
  'team-c',
  'kube-system',
  'kube-public',
  'default',
  'ops',
  'lab',
);
const releaseName = fc.constantFrom('shop', 'api', 'db', 'cache', 'web-db', 'bookstore-operator', 'Bad_Name');
const past = '2020-01-01T00:00:00Z';
const optOut = fc.constantFrom('true', 'false', 'maybe', '2026-11-25T00:00:00Z', past, '2099-01-01T00:00:00Z');
const keepAnnotations = fc.dictionary(
  fc.constantFrom('purge.velotio.com/keep', 'purge.velotio.com/keep-until', 'other'),
  optOut,
  {
    maxKeys: 2,
  },
);

const world: fc.Arbitrary<World> = fc.record({
  namespaces: fc.uniqueArray(
    fc.record({
      name: namespaceName,
      isTerminating: fc.boolean(),
      annotations: fc.dictionary(
        fc.constantFrom('purge.velotio.com/keep', 'keep.purge.velotio.com/shop', 'keep.purge.velotio.com/db', 'other'),
        optOut,
        { maxKeys: 1 },
      ),
    }),
    { selector: ({ name }) => name, maxLength: 8 },
  ),
  releases: fc.uniqueArray(
    fc.record({
      namespace: namespaceName,
      name: releaseName,
      revision: fc.integer({ min: 1, max: 12 }),
      status: fc.constantFrom(...releaseStatuses),
      ageMs: fc.oneof(fc.integer({ min: -3_600_000, max: 30 * 86_400_000 }), fc.constant(null)),
      annotations: keepAnnotations,
      olderAnnotations: keepAnnotations,
      labels: fc.dictionary(
        fc.constantFrom('helm.velotio.com/owner', 'helm.toolkit.fluxcd.io/name', 'team'),
        fc.constant('x'),
        {
          maxKeys: 1,
        },
      ),
    }),
    { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 30 },
  ),
});

const spec: fc.Arbitrary<Omit<PurgePolicySpec, 'namespaceSelector'>> = fc.record({
  exclude: fc.subarray(['*-db', 'shop', '**', 'c?che']),
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
function plan(
  { namespaces, releases }: World,
  policy: typeof spec extends fc.Arbitrary<infer T> ? T : never,
  withCaps = true,
): PurgePlan {
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

const keys = (entries: readonly PlanEntry[]): string[] => entries.map(({ namespace, name }) => `${namespace}/${name}`);

describe('a plan', () => {
  it('never purges what is denied, kept, excluded, owned, foreign or of unknown age', () => {
    fc.assert(
      fc.property(world, spec, (given, policy) => {
        const byKey = new Map(given.releases.map((release) => [`${release.namespace}/${release.name}`, release]));
        for (const { namespace, name } of entriesToPurge(plan(given, policy))) {
          const release = byKey.get(`${namespace}/${name}`);
          const home = given.namespaces.find((one) => one.name === namespace);
          expect(namespace).not.toMatch(/^(kube-.*|default|ops)$/);
          expect(['bookstore-operator', 'Bad_Name']).not.toContain(name);
          expect(home?.isTerminating).toBe(false);
          expect(release?.labels).not.toHaveProperty(['helm.velotio.com/owner']);
          if (policy.foreignReleases === 'Skip')
            expect(release?.labels).not.toHaveProperty(['helm.toolkit.fluxcd.io/name']);
          expect(release?.ageMs).not.toBeNull();
          const stored = [
            home?.annotations,
            release?.annotations,
            (release?.revision ?? 1) > 1 ? release?.olderAnnotations : {},
          ];
          for (const annotations of stored) {
            expect(annotations?.['purge.velotio.com/keep'] ?? 'false').toBe('false');
            expect(['false', past]).toContain(annotations?.['purge.velotio.com/keep-until'] ?? 'false');
          }
          expect(['false', past]).toContain(home?.annotations[`keep.purge.velotio.com/${name}`] ?? 'false');
          if (policy.exclude?.includes('*-db')) expect(name).not.toBe('web-db');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has an entry for every release of the selected namespaces, and of no other', () => {
    fc.assert(
      fc.property(world, spec, (given, policy) => {
        const made = plan(given, policy);
        const selected = made.namespaces.filter(({ state }) => state === 'selected' || state === 'over-cap');
        const names = new Set(selected.map(({ name }) => name));
        const expected = given.releases.filter(({ namespace }) => names.has(namespace));
        expect(keys(made.entries).toSorted()).toEqual(keys(expected as unknown as PlanEntry[]).toSorted());
      }),
    );
  });

  it('never purges more than a cap allows', () => {
    fc.assert(
      fc.property(world, spec, (given, policy) => {
        const made = plan(given, policy);
        const going = entriesToPurge(made);
        const limits = policy.limits ?? {};
        const live = made.entries.filter(({ status }) => status !== 'uninstalled').length;
        expect(going.length).toBeLessThanOrEqual(limits.maxReleases ?? 500);
        expect(new Set(going.map(({ namespace }) => namespace)).size).toBeLessThanOrEqual(limits.maxNamespaces ?? 100);
        if (going.length > 0) expect((100 * going.length) / live).toBeLessThanOrEqual(limits.maxPercent ?? 100);
        for (const name of new Set(going.map(({ namespace }) => namespace))) {
          const count = going.filter(({ namespace }) => namespace === name).length;
          expect(count).toBeLessThanOrEqual(limits.maxReleasesPerNamespace ?? 50);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which the server answers', () => {
    const shuffled = world.chain((given) =>
      fc.record({
        given: fc.constant(given),
        namespaces: fc.shuffledSubarray([...given.namespaces], { minLength: given.namespaces.length }),
        releases: fc.shuffledSubarray([...given.releases], { minLength: given.releases.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, spec, ({ given, namespaces, releases }, policy) => {
        expect(plan({ namespaces, releases }, policy)).toEqual(plan(given, policy));
      }),
    );
  });

  it('never deletes more because of an opt-out (before the caps)', () => {
    const change = fc.record({
      at: fc.nat(),
      onNamespace: fc.boolean(),
      key: fc.constantFrom('purge.velotio.com/keep', 'purge.velotio.com/keep-until', 'keep.purge.velotio.com/shop'),
      value: fc.constantFrom('true', 'maybe', '2026-11-25T00:00:00Z'),
    });
    fc.assert(
      fc.property(world, spec, change, (...[given, policy, { at, onNamespace, key, value }]) => {
        const before = new Set(keys(plan(given, policy, false).entries.filter(({ action }) => action === 'purge')));
        const annotate = <T extends { readonly annotations?: Readonly<Record<string, string>> }>(
          list: readonly T[],
        ): T[] =>
          list.map((one, index) =>
            index === at % list.length ? { ...one, annotations: { ...one.annotations, [key]: value } } : one,
          );
        const after = onNamespace
          ? { ...given, namespaces: annotate(given.namespaces) as World['namespaces'] }
          : { ...given, releases: annotate(given.releases) };
        const going = plan(after, policy, false).entries.filter(({ action }) => action === 'purge');
        for (const key of keys(going)) expect(before).toContain(key);
      }),
    );
  });

  it('cannot be changed once it is made', () => {
    const made = plan({ namespaces: [], releases: [] }, {});
    expect(() => (made.entries as unknown[]).push({})).toThrow(TypeError);
    expect(Object.isFrozen(made.counts)).toBe(true);
  });
});

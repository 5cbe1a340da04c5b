// What holds for every plan whatever the cluster looks like (DESIGN.md P3, P4).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesToPurge } from '../../../../src/purge/plan/plan.ts';
import {
  excludeGlobs,
  goingBy,
  keysOf,
  type PlannedRelease,
  type PlanPolicy,
  type PlanWorld,
  past,
  planOf,
  planPolicies,
  planWorlds,
} from '../../../support/plan-worlds.ts';

/** Read off the names, not by the matcher of the product. */
const excludes: Readonly<Record<string, (name: string) => boolean>> = {
  '*-db': (name) => name === 'web-db',
  shop: (name) => name === 'shop',
  '**': () => true,
  'c?che': (name) => name === 'cache',
  '{api,db}': (name) => name === 'api' || name === 'db',
};
const minAges: Readonly<Record<string, number>> = { '0s': 0, '1h': 3_600_000, '48h': 172_800_000 };

/** Each thing that stands against deleting a release, said for itself. */
function protections(release: PlannedRelease, world: PlanWorld, policy: PlanPolicy): readonly string[] {
  const { namespace, name, ageMs = null, status = 'deployed', labels = {} } = release;
  const home = world.namespaces.find((one) => one.name === namespace);
  const older = (release.revision ?? 1) > 1;
  const stored = [home?.annotations, release.annotations, older ? release.olderAnnotations : {}];
  const owners = [labels, older ? release.olderLabels : {}];
  const found: Readonly<Record<string, boolean>> = {
    'no namespace that is selected': home === undefined || home.isTerminating,
    denied: /^(kube-.*|default|ops)$/.test(namespace) || name === 'bookstore-operator',
    'no name of Helm': name === 'Bad_Name',
    forged: release.isForged === true,
    uninstalled: status === 'uninstalled',
    kept: stored.some((one) => (one?.['purge.velotio.com/keep'] ?? 'false') !== 'false'),
    'kept for a time': stored.some(
      (one) => !['false', past].includes(one?.['purge.velotio.com/keep-until'] ?? 'false'),
    ),
    misspelt: stored.some((one) => one?.['purge.velotio.com/kepe'] !== undefined),
    'kept by name': !['false', past].includes(home?.annotations[`keep.purge.velotio.com/${name}`] ?? 'false'),
    excluded: (policy.exclude ?? []).some((glob) => excludes[glob]?.(name) ?? true),
    owned: owners.some((one) => one?.['helm.velotio.com/owner'] !== undefined),
    foreign: policy.foreignReleases !== 'Purge' && labels['helm.toolkit.fluxcd.io/name'] !== undefined,
    'of unknown age': ageMs === null || ageMs < -300_000,
    'at work': status.startsWith('pending-') && (ageMs ?? 0) < 900_000,
    young: status !== 'uninstalling' && Math.max(0, ageMs ?? 0) < (minAges[policy.minAge ?? '0s'] ?? 0) - 1_000,
  };
  return Object.keys(found).filter((what) => found[what]);
}

describe('a plan', () => {
  it('never purges what anything protects, whatever the policy, the labels and the rest of the cluster', () => {
    fc.assert(
      fc.property(planWorlds, planPolicies, (given, policy) => {
        const byKey = new Map(given.releases.map((release) => [`${release.namespace}/${release.name}`, release]));
        for (const key of keysOf(entriesToPurge(planOf(given, policy)))) {
          const release = byKey.get(key);
          expect(release === undefined ? ['not there'] : protections(release, given, policy), key).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('purges, before the caps, all that nothing protects', () => {
    fc.assert(
      fc.property(planWorlds, planPolicies, (given, policy) => {
        const going = new Set(goingBy(planOf(given, policy, false)));
        const young = (minAges[policy.minAge ?? '0s'] ?? 0) + 1_000;
        const free = given.releases.filter(
          (release) => (release.ageMs ?? 0) > young && protections(release, given, policy).length === 0,
        );
        for (const key of keysOf(free)) expect(going).toContain(key);
      }),
      { numRuns: 500 },
    );
  });

  it('has an entry for every release of the selected namespaces, and of no other', () => {
    fc.assert(
      fc.property(planWorlds, planPolicies, (given, policy) => {
        const made = planOf(given, policy);
        const selected = made.namespaces.filter(({ state }) => state === 'selected' || state === 'over-cap');
        const names = new Set(selected.map(({ name }) => name));
        const expected = given.releases.filter(({ namespace }) => names.has(namespace));
        expect(keysOf(made.entries).toSorted()).toEqual(keysOf(expected).toSorted());
      }),
    );
  });

  it('never purges more than a cap allows', () => {
    fc.assert(
      fc.property(planWorlds, planPolicies, (given, policy) => {
        const made = planOf(given, policy);
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
      { numRuns: 1_000 },
    );
  });

  it('does not depend on the order in which the server answers', () => {
    const shuffled = planWorlds.chain((given) =>
      fc.record({
        given: fc.constant(given),
        namespaces: fc.shuffledSubarray([...given.namespaces], { minLength: given.namespaces.length }),
        releases: fc.shuffledSubarray([...given.releases], { minLength: given.releases.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, planPolicies, ({ given, namespaces, releases }, policy) => {
        expect(planOf({ namespaces, releases }, policy)).toEqual(planOf(given, policy));
      }),
      { numRuns: 300 },
    );
  });

  it('cannot be changed once it is made', () => {
    const made = planOf({ namespaces: [], releases: [] }, {});
    expect(() => (made.entries as unknown[]).push({})).toThrow(TypeError);
    expect(Object.isFrozen(made.counts)).toBe(true);
  });
});

describe('an opt-out never adds a deletion (before the caps)', () => {
  /** What goes after a change goes before it too. */
  function neverMore(before: readonly [PlanWorld, PlanPolicy], after: readonly [PlanWorld, PlanPolicy]): void {
    const allowed = new Set(goingBy(planOf(...before, false)));
    expect(goingBy(planOf(...after, false)).filter((key) => !allowed.has(key))).toEqual([]);
  }
  const at = <T>(list: readonly T[], index: number, change: (one: T) => T): T[] =>
    list.map((one, position) => (position === index % list.length ? change(one) : one));
  const value = fc.constantFrom('true', 'maybe', '2026-11-25T00:00:00Z', '');

  it('on a namespace', () => {
    const key = fc.constantFrom(
      'purge.velotio.com/keep',
      'purge.velotio.com/keep-until',
      'purge.velotio.com/kepe',
      'keep.purge.velotio.com/shop',
      'keep.purge.velotio.com/nobody',
    );
    fc.assert(
      fc.property(
        fc.tuple(planWorlds, planPolicies),
        fc.nat(),
        fc.tuple(key, value),
        (...[given, index, [on, says]]) => {
          const [world, policy] = given;
          const namespaces = at(world.namespaces, index, (one) => ({
            ...one,
            annotations: { ...one.annotations, [on]: says },
          }));
          neverMore([world, policy], [{ ...world, namespaces }, policy]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('on a record, the latest or an older one', () => {
    const key = fc.constantFrom('purge.velotio.com/keep', 'purge.velotio.com/keep-until');
    const field = fc.constantFrom('annotations', 'olderAnnotations');
    const draw = fc.tuple(fc.nat(), field, key, value);
    fc.assert(
      fc.property(planWorlds, planPolicies, draw, (...[world, policy, [index, where, on, says]]) => {
        const releases = at(world.releases, index, (one) => ({ ...one, [where]: { ...one[where], [on]: says } }));
        neverMore([world, policy], [{ ...world, releases }, policy]);
      }),
      { numRuns: 300 },
    );
  });

  it('by an owner, by a forged record beside it, by an age that nobody knows', () => {
    const doubts: readonly Partial<PlannedRelease>[] = [
      { labels: { 'helm.velotio.com/owner': 'x' } },
      { olderLabels: { 'helm.velotio.com/owner': 'x' } },
      { isForged: true },
      { ageMs: null },
      { status: 'uninstalled' },
    ];
    fc.assert(
      fc.property(
        planWorlds,
        planPolicies,
        fc.tuple(fc.nat(), fc.constantFrom(...doubts)),
        (...[world, policy, [index, doubt]]) => {
          const releases = at(world.releases, index, (one) => ({ ...one, ...doubt }));
          neverMore([world, policy], [{ ...world, releases }, policy]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('in the policy', () => {
    const narrower = fc.constantFrom<(policy: PlanPolicy) => PlanPolicy>(
      ...excludeGlobs.map((glob) => (policy: PlanPolicy) => ({
        ...policy,
        exclude: [...(policy.exclude ?? []), glob],
      })),
      (policy) => ({ ...policy, minAge: '48h' }),
      (policy) => ({ ...policy, foreignReleases: 'Skip' }),
    );
    fc.assert(
      fc.property(planWorlds, planPolicies, narrower, (world, policy, narrow) => {
        neverMore([world, policy], [world, narrow(policy)]);
      }),
      { numRuns: 300 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { applyCaps } from '../../../../src/purge/plan/caps.ts';
import type { PlanEntry } from '../../../../src/purge/plan/plan.ts';
import type { PurgeSettings } from '../../../../src/purge/policy/settings.ts';

const roomy: PurgeSettings['limits'] = {
  maxReleases: 500,
  maxReleasesPerNamespace: 50,
  maxNamespaces: 100,
  maxPercent: undefined,
  maxConsecutiveFailures: 10,
};

/** `a3` is three releases of namespace a that would go, `a-2` two that stay, `a~1` one uninstalled, `a!1` a stray record. */
function entries(...groups: string[]): PlanEntry[] {
  return groups.flatMap((group) => {
    const [, namespace = '', mark = '', count = '0'] = /^([a-z])([-~!]?)(\d+)$/.exec(group) ?? [];
    return Array.from({ length: Number(count) }, (_, index) => ({
      namespace,
      name: `${mark === '' ? 'go' : 'stay'}-${index}`,
      revision: mark === '!' ? 0 : 1,
      status: mark === '~' ? ('uninstalled' as const) : ('deployed' as const),
      action: mark === '' ? ('purge' as const) : ('keep' as const),
      rule: 'selected' as const,
      reason: '',
    }));
  });
}

describe('applyCaps', () => {
  it.each<[string, PlanEntry[], Partial<PurgeSettings['limits']>, string[]]>([
    ['nothing over', entries('a3', 'b2'), { maxReleases: 5, maxNamespaces: 2 }, []],
    ['one release too many', entries('a3', 'b3'), { maxReleases: 5 }, ['maxReleases']],
    ['one namespace too many', entries('a1', 'b1', 'c1'), { maxNamespaces: 2 }, ['maxNamespaces']],
    ['a namespace that loses nothing does not count', entries('a1', 'b-9'), { maxNamespaces: 1 }, []],
    ['exactly the percentage', entries('a1', 'a-1'), { maxPercent: 50 }, []],
    ['over the percentage', entries('a2', 'a-1'), { maxPercent: 66 }, ['maxPercent']],
    ['kept history is no live release', entries('a1', 'a~9'), { maxPercent: 50 }, ['maxPercent']],
    ['what only claims to be a release dilutes nothing', entries('a1', 'a!9'), { maxPercent: 50 }, ['maxPercent']],
    ['nothing at all', [], { maxPercent: 1 }, []],
    ['several', entries('a2', 'b2'), { maxReleases: 1, maxNamespaces: 1 }, ['maxReleases', 'maxNamespaces']],
    ['left-out namespaces do not count', entries('a9', 'b1'), { maxReleasesPerNamespace: 3, maxReleases: 1 }, []],
  ])('%s', (...[, given, limits, expected]) => {
    expect(applyCaps(given, { ...roomy, ...limits }).capsHit.map(({ cap }) => cap)).toEqual(expected);
  });

  it('leaves a namespace out as a whole, and says so on each of its releases', () => {
    const { entries: capped, namespacesOverCap } = applyCaps(entries('a3', 'a-1', 'b2'), {
      ...roomy,
      maxReleasesPerNamespace: 2,
    });
    expect([...namespacesOverCap]).toEqual(['a']);
    expect(capped.map(({ namespace, action, rule }) => `${namespace} ${action} ${rule}`)).toEqual([
      'a keep namespace-cap',
      'a keep namespace-cap',
      'a keep namespace-cap',
      'a keep selected',
      'b purge selected',
      'b purge selected',
    ]);
  });

  it('says what was found and what is allowed', () => {
    const [hit] = applyCaps(entries('a2', 'a-1'), { ...roomy, maxPercent: 50 }).capsHit;
    expect(hit?.reason).toBe('2 of 3 releases (66.7 %) would go, the policy allows 50 (maxPercent)');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanEntry, PurgePlan } from '../../../../src/purge/plan/plan.ts';
import {
  differencesOfReleases,
  differencesOfTarget,
  purgesWithin,
} from '../../../../src/purge/plan/plan-difference.ts';
import { parsePlanFile } from '../../../../src/purge/plan/plan-file.ts';
import { examplePlan } from '../../../support/run-examples.ts';

const given = parsePlanFile(JSON.stringify(examplePlan), 'p.json');
const differences = (fresh: PurgePlan) =>
  differencesOfReleases(given.purges, fresh).map(({ what, now }) => `${what}: ${now}`);
const change = (name: string, rest: Partial<PlanEntry>): PurgePlan => ({
  ...examplePlan,
  entries: examplePlan.entries.map((entry) => (entry.name === name ? { ...entry, ...rest } : entry)),
});
const [home] = examplePlan.namespaces;

describe('a plan as a whole', () => {
  it('fits its own target', () => {
    expect(differencesOfTarget(given, examplePlan)).toEqual([]);
  });

  it.each(['policy', 'context', 'server'] as const)('does not fit another %s', (field) => {
    expect(differencesOfTarget(given, { ...examplePlan, [field]: 'other' })).toEqual([
      { what: field, planned: examplePlan[field], now: 'other' },
    ]);
  });

  it('that was blocked is not run', () => {
    expect(differencesOfTarget({ ...given, capsHit: ['too many'] }, examplePlan)).toMatchObject([
      { what: 'caps', planned: 'blocked: too many' },
    ]);
  });
});

describe('its releases', () => {
  it('fit while nothing has changed, and what is new or was kept does not matter', () => {
    const more: PlanEntry = {
      ...(examplePlan.entries[0] as PlanEntry),
      name: 'new',
      action: 'keep',
      rule: 'not-in-plan',
    };
    expect(differences({ ...examplePlan, entries: [...examplePlan.entries, more] })).toEqual([]);
    expect(differences(change('db', { reason: 'another' }))).toEqual([]);
  });

  it.each<[string, PurgePlan, string]>([
    ['is kept now', change('api', { action: 'keep', reason: 'pinned' }), 'team-a/api: keep: pinned'],
    [
      'was upgraded',
      change('api', { revision: 4, recordsDigest: 'sha256:x' }),
      'team-a/api: revision 4: it was upgraded or rolled back',
    ],
    [
      'was installed again',
      change('api', { revision: 1, recordsDigest: 'sha256:x' }),
      'team-a/api: revision 1: it was touched, or deleted and installed again',
    ],
    [
      'has a record that was touched',
      change('api', { recordsDigest: 'sha256:x' }),
      'team-a/api: revision 3: it was touched, or deleted and installed again',
    ],
    [
      'is gone',
      { ...examplePlan, entries: examplePlan.entries.filter(({ name }) => name !== 'api') },
      'team-a/api: gone, or its namespace is no longer selected',
    ],
  ])('do not fit where one %s', (_what, fresh, line) => {
    expect(differences(fresh)).toEqual([line]);
  });

  it('do not fit where their namespace is another one, or not selected', () => {
    const [again, closed] = [
      { uid: 'ns-b' },
      { uid: 'ns-a', state: 'terminating' as const, reason: 'it is being deleted' },
    ].map((rest) => ({ ...examplePlan, entries: [], namespaces: home === undefined ? [] : [{ ...home, ...rest }] }));
    expect(again === undefined ? [] : differences(again)).toContain(
      'team-a/api: its namespace was deleted and made again',
    );
    expect(closed === undefined ? [] : differences(closed)).toContain('team-a/api: it is being deleted');
  });

  it('narrow by namespace', () => {
    expect(purgesWithin(given, undefined)).toHaveLength(4);
    expect(purgesWithin(given, ['team-a'])).toHaveLength(4);
    expect(purgesWithin(given, ['team-b'])).toEqual([]);
  });

  it('fit only a plan that purges every one of them with the same records', () => {
    const entry = fc.record({
      action: fc.constantFrom('keep' as const, 'purge' as const),
      recordsDigest: fc.constantFrom('sha256:api', 'sha256:other'),
    });
    fc.assert(
      fc.property(entry, (rest) => {
        const fits = rest.action === 'purge' && rest.recordsDigest === 'sha256:api';
        expect(differences(change('api', rest)).length === 0).toBe(fits);
      }),
    );
  });
});

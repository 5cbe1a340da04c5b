import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parsePlanFile } from '../../../../src/purge/plan/plan-file.ts';
import { examplePlan } from '../../../support/run-examples.ts';

const parse = (plan: object, write: (value: object) => string = JSON.stringify) => parsePlanFile(write(plan), 'p.json');
const [entry] = examplePlan.entries;

it.each([
  ['JSON', (value: object) => JSON.stringify(value, undefined, 2)],
  ['YAML', (value: object) => stringify(value)],
])('reads what purge plan printed as %s: the releases that go, and for which cluster', (_format, write) => {
  const plan = parse(examplePlan, write);
  expect(plan).toMatchObject({ policy: 'nightly', context: 'dev', server: 'https://10.0.0.1:6443', capsHit: [] });
  expect(plan.purges.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
    'team-a/api',
    'team-a/bad',
    'team-a/web',
    'team-a/zoo',
  ]);
  expect(plan.purges[0]).toEqual({
    namespace: 'team-a',
    name: 'api',
    revision: 3,
    recordsDigest: 'sha256:api',
    namespaceUid: 'ns-a',
  });
});

it('tells the caps that blocked it', () => {
  const capsHit = [{ cap: 'maxReleases', limit: 1, found: 4, reason: '4 releases would go' }];
  expect(parse({ ...examplePlan, capsHit }).capsHit).toEqual(['4 releases would go']);
});

it('looks at nothing else', () => {
  expect(
    parse({ ...examplePlan, entries: [{ action: 'keep', reason: 7 }], counts: 'many', more: true }).purges,
  ).toEqual([]);
});

describe('refuses', () => {
  it.each<[string, string, string]>([
    ['no JSON', '{', 'p.json is not a plan that can be run: '],
    ['no YAML', 'a: [', 'p.json is not a plan that can be run: '],
    ['nothing', '', 'the plan is no object'],
    ['a list', '[]', 'the plan is no object'],
    ['a report', JSON.stringify({ ...examplePlan, kind: 'PurgeReport' }), 'kind is "PurgeReport", not PurgePlan'],
    ['another version', JSON.stringify({ ...examplePlan, apiVersion: 'v2' }), 'apiVersion is "v2"'],
    ['no server', JSON.stringify({ ...examplePlan, server: undefined }), 'the plan has no server'],
    ['no entries', JSON.stringify({ ...examplePlan, entries: {} }), 'the plan has no list entries'],
    ['a thing for an entry', JSON.stringify({ ...examplePlan, entries: [7] }), 'entries[0] is no object'],
    ['a twin', JSON.stringify({ ...examplePlan, entries: [entry, entry] }), 'team-a/api stands in it twice'],
    [
      'an entry without its digest',
      JSON.stringify({ ...examplePlan, entries: [{ ...entry, recordsDigest: '' }] }),
      'entries[0] has no recordsDigest',
    ],
    [
      'an entry of revision 0',
      JSON.stringify({ ...examplePlan, entries: [{ ...entry, revision: 0 }] }),
      'entries[0] has no revision',
    ],
    [
      'a namespace that it does not know',
      JSON.stringify({ ...examplePlan, namespaces: [] }),
      'which namespace team-a it saw',
    ],
  ])('%s', (_what, content, message) => {
    expect(() => parsePlanFile(content, 'p.json')).toThrowError(
      expect.objectContaining({ code: 'PLAN_INVALID', isTerminal: true, message: expect.stringContaining(message) }),
    );
  });
});

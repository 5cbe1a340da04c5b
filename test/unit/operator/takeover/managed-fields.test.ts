import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ManagedFieldsEntry } from '../../../../src/kube/objects.ts';
import { type FieldSet, giveToApply, joinSets, updatersOf } from '../../../../src/operator/takeover/managed-fields.ts';

const entry = (changes: Partial<ManagedFieldsEntry>): ManagedFieldsEntry => ({
  manager: 'helm-operator',
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  ...changes,
});
const toHelm = { managers: new Set(['helm-operator']), manager: 'helm' };
const status = entry({ manager: 'kube-controller-manager', subresource: 'status' });

describe('joinSets', () => {
  test.each<[string, FieldSet, FieldSet, FieldSet]>([
    ['nothing', {}, {}, {}],
    ['nothing and something', {}, { 'f:a': {} }, { 'f:a': {} }],
    ['neighbours', { 'f:a': {} }, { 'f:b': {} }, { 'f:a': {}, 'f:b': {} }],
    ['a field and the same field', { 'f:a': {} }, { 'f:a': {} }, { 'f:a': {} }],
    ['a field and what is below it', { 'f:a': {} }, { 'f:a': { 'f:b': {} } }, { 'f:a': { '.': {}, 'f:b': {} } }],
    ['what is below a field, and it', { 'f:a': { 'f:b': {} } }, { 'f:a': {} }, { 'f:a': { '.': {}, 'f:b': {} } }],
    [
      'a field that is marked as itself',
      { 'f:a': { '.': {}, 'f:b': {} } },
      { 'f:a': { 'f:c': {} } },
      { 'f:a': { '.': {}, 'f:b': {}, 'f:c': {} } },
    ],
    [
      'items of a list by their key',
      { 'f:ports': { 'k:{"port":80}': { '.': {}, 'f:port': {} } } },
      { 'f:ports': { 'k:{"port":443}': {} } },
      { 'f:ports': { 'k:{"port":80}': { '.': {}, 'f:port': {} }, 'k:{"port":443}': {} } },
    ],
  ])('%s', (_what, one, other, joined) => {
    expect(joinSets(one, other)).toEqual(joined);
  });

  test('is a union: in any order, and once more changes nothing', () => {
    const { set } = fc.letrec<{ set: FieldSet }>((tie) => ({
      set: fc.dictionary(
        fc.constantFrom('f:a', 'f:b', 'k:{"n":1}'),
        fc.oneof({ maxDepth: 4 }, fc.constant({}), tie('set')),
      ),
    }));
    fc.assert(
      fc.property(set, set, (one, other) => {
        const joined = joinSets(one, other);
        expect(joinSets(other, one)).toEqual(joined);
        expect(joinSets(joined, other)).toEqual(joined);
        expect(members(joined)).toEqual(new Set([...members(one), ...members(other)]));
      }),
    );
  });
});

/** The paths in a set, as the API server reads it. */
function members(set: FieldSet, at = ''): ReadonlySet<string> {
  const found = Object.entries(set).flatMap(([key, below]) => {
    if (key === '.') return [at];
    return Object.keys(below).length === 0 ? [`${at}/${key}`] : [...members(below, `${at}/${key}`)];
  });
  return new Set(found);
}

describe('giveToApply', () => {
  test('makes the updates of the operator applies of helm', () => {
    const [others, helm] = giveToApply([entry({}), status], toHelm);
    expect(others).toEqual(status);
    expect(helm).toEqual({ ...entry({}), manager: 'helm', operation: 'Apply' });
  });

  test('joins them with what helm has applied', () => {
    const applied = entry({ manager: 'helm', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:paused': {} } } });
    expect(giveToApply([entry({}), applied], toHelm)).toEqual([
      { ...applied, fieldsV1: { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } } },
    ]);
  });

  test('takes the latest of several, and joins those of the same version', () => {
    const fieldsV1 = { 'f:spec': { 'f:paused': {} } };
    const late = entry({ time: '2026-02-01T00:00:00Z', fieldsV1 });
    const old = entry({ apiVersion: 'extensions/v1beta1', fieldsV1: { 'f:spec': { 'f:rollbackTo': {} } } });
    const [given, ...rest] = giveToApply([old, late, entry({ manager: 'manager' })], {
      managers: new Set(['helm-operator', 'manager']),
      manager: 'helm',
    });
    expect(rest).toEqual([]);
    expect(given).toMatchObject({ apiVersion: 'apps/v1', time: late.time });
    expect(given?.fieldsV1).toEqual({ 'f:spec': { 'f:paused': {}, 'f:replicas': {} } });
  });

  test.each<[string, readonly ManagedFieldsEntry[]]>([
    ['nothing', []],
    ['others', [entry({ manager: 'kubectl-edit' }), status]],
    ['what the operator wrote to a subresource', [entry({ subresource: 'status' })]],
    ['what was given already', [entry({ manager: 'helm', operation: 'Apply' })]],
  ])('leaves %s alone', (_what, entries) => {
    expect(giveToApply(entries, toHelm)).toBe(entries);
  });
});

describe('updatersOf', () => {
  const path = ['f:metadata', 'f:ownerReferences', 'k:{"uid":"u-1"}'];
  const fieldsV1 = { 'f:metadata': { 'f:ownerReferences': { '.': {}, 'k:{"uid":"u-1"}': {} } } };

  test('names who wrote a field', () => {
    expect(updatersOf([entry({ manager: 'manager', fieldsV1 }), entry({})], path)).toEqual(['manager']);
  });

  test('names nobody who applied it, or wrote another', () => {
    expect(updatersOf([entry({ operation: 'Apply', fieldsV1 }), entry({}), { fieldsV1 }], path)).toEqual([]);
    expect(updatersOf([entry({ fieldsV1: undefined })], path)).toEqual([]);
  });
});

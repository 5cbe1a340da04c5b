import { describe, expect, test } from 'vitest';
import type { ManagedFieldsEntry, ObjectMeta } from '../../../../src/kube/objects.ts';
import { handOverChange } from '../../../../src/operator/takeover/hand-over.ts';

const owner = { uid: 'u-1', name: 'shop', namespace: 'alice', group: 'velotio.com', kind: 'BookStore' };
const reference = { apiVersion: 'velotio.com/v1alpha1', kind: 'BookStore', name: 'shop', uid: 'u-1' };
const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'keeper', uid: 'u-2' };
const marks = {
  'operator-sdk/primary-resource': 'alice/shop',
  'operator-sdk/primary-resource-type': 'BookStore.velotio.com',
};
const wrote = (manager: string, metadata: Record<string, unknown>): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  fieldsV1: { 'f:data': {}, 'f:metadata': metadata },
});
const meta = (changes: Partial<ObjectMeta>): ObjectMeta => ({
  name: 'shop',
  namespace: 'alice',
  uid: 'o-1',
  resourceVersion: '1',
  ...changes,
});
const referred = { 'f:ownerReferences': { '.': {}, 'k:{"uid":"u-1"}': {} } };

describe('handOverChange', () => {
  test('gives the fields of helm-operator to helm, and takes the reference away', () => {
    expect(
      handOverChange(meta({ managedFields: [wrote('helm-operator', referred)], ownerReferences: [reference] }), owner),
    ).toEqual({
      managedFields: [{ ...wrote('helm', referred), operation: 'Apply' }],
      ownerReferences: null,
    });
  });

  test.each([
    ['reference', referred],
    ['annotation', { 'f:annotations': { 'f:operator-sdk/primary-resource': {} } }],
  ])('knows an operator that a project has built under another name by the %s that it wrote', (_what, metadata) => {
    const change = handOverChange(meta({ managedFields: [wrote('manager', metadata)] }), owner);
    expect(change).toMatchObject({ managedFields: [{ manager: 'helm', operation: 'Apply' }] });
  });

  test('takes the annotations of an object that has no reference', () => {
    expect(handOverChange(meta({ annotations: { ...marks, team: 'a' } }), owner)).toEqual({
      annotations: { 'operator-sdk/primary-resource': null, 'operator-sdk/primary-resource-type': null },
    });
  });

  test('leaves the references to others', () => {
    expect(handOverChange(meta({ ownerReferences: [other, reference] }), owner)).toEqual({ ownerReferences: [other] });
  });

  test.each<[string, Partial<ObjectMeta>]>([
    ['nothing of it', {}],
    ['others', { managedFields: [wrote('kubectl-edit', {})], ownerReferences: [other], annotations: { team: 'a' } }],
    ['what was handed over', { managedFields: [{ ...wrote('helm', referred), operation: 'Apply' }] }],
  ])('changes nothing of an object that holds %s', (_what, changes) => {
    expect(handOverChange(meta(changes), owner)).toBeUndefined();
  });
});

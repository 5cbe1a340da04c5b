import { describe, expect, it } from 'vitest';
import {
  boundedLeft,
  describeLeft,
  type LeftObject,
  retainedStorage,
} from '../../../../src/purge/verify/left-object.ts';

const claim = (rest: Partial<LeftObject>): LeftObject => ({
  kind: 'PersistentVolumeClaim',
  namespace: 'team-a',
  name: 'data',
  why: 'volume',
  ...rest,
});
const held: LeftObject = {
  group: 'test.velotio.com',
  kind: 'Widget',
  namespace: 'team-a',
  name: 'w',
  why: 'finalizer',
  finalizers: ['a.io/one', 'b.io/two', 'c.io/three'],
};

describe('retainedStorage', () => {
  it('adds up the claims that stay, and not those that are being deleted', () => {
    const left = [
      claim({ size: '1Gi' }),
      claim({ size: '512Mi', why: 'kept' }),
      claim({ size: '8Gi', why: 'finalizer' }),
      held,
    ];
    expect(retainedStorage(left)).toEqual({ claims: 2, bytes: 1.5 * 2 ** 30 });
  });

  it('counts a claim whose size is none', () => {
    expect(retainedStorage([claim({ size: 'huge' })])).toEqual({ claims: 1, bytes: 0 });
  });
});

describe('describeLeft', () => {
  it.each<[LeftObject, string]>([
    [claim({ size: '1Gi' }), 'PersistentVolumeClaim/data (1Gi, made by a StatefulSet)'],
    [claim({ why: 'kept' }), 'PersistentVolumeClaim/data (kept by helm.sh/resource-policy)'],
    [
      claim({ kind: 'ConfigMap', why: 'resource-policy', detail: 'delete' }),
      'ConfigMap/data (helm.sh/resource-policy: "delete", of which helm says nothing)',
    ],
    [held, 'Widget/w (being deleted, held by a.io/one, b.io/two, c.io/three)'],
    [claim({ why: 'unreadable', detail: 'no' }), 'PersistentVolumeClaim/data (could not be read: no)'],
  ])('tells %#', (left, expected) => {
    expect(describeLeft(left)).toBe(expected);
  });

  it('quotes a name that no API server would take', () => {
    expect(describeLeft(claim({ name: 'a\u001b[2Jb' }))).not.toMatch(/\p{Cc}/u);
  });
});

describe('boundedLeft', () => {
  it('names first what holds back, and counts what it leaves out', () => {
    const { left, leftOmitted } = boundedLeft([claim({}), claim({ detail: 'x' }), claim({}), claim({}), held]);
    expect(left?.map(({ kind }) => kind)).toEqual(['Widget', 'PersistentVolumeClaim', 'PersistentVolumeClaim']);
    expect(left?.[0]?.finalizers).toEqual(['a.io/one', 'b.io/two']);
    expect([leftOmitted, JSON.stringify(left).includes('detail')]).toEqual([2, false]);
  });

  it('is empty where nothing is left', () => {
    expect(boundedLeft([])).toEqual({});
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOlderVersion, ObjectStore } from '../../../src/kube/object-store.ts';
import { type KubeObject, objectKey } from '../../../src/kube/objects.ts';

interface Shape {
  readonly name: string;
  readonly uid?: string;
  readonly version: number | string;
  readonly labels?: Readonly<Record<string, string>>;
}

function object({ name, uid = `uid-${name}`, version, labels = {} }: Shape): KubeObject {
  return { metadata: { namespace: 'a', name, uid, resourceVersion: String(version), labels } };
}

const byLabel = (each: KubeObject): readonly string[] => Object.values(each.metadata.labels ?? {});

describe('isOlderVersion', () => {
  it.each([
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['18446744073709551615', '18446744073709551616', true],
    ['abc', '10', false],
    ['10', 'abc', false],
    ['', '10', false],
  ])('%j before %j: %s', (a, b, expected) => {
    expect(isOlderVersion(a, b)).toBe(expected);
  });
});

describe('an ObjectStore', () => {
  it('does not go back to an older version of an object', () => {
    const store = new ObjectStore();
    store.set(object({ name: 'x', version: 10 }));
    expect(store.set(object({ name: 'x', version: 9 }))).toBeUndefined();
    expect(store.get('a/x')?.metadata.resourceVersion).toBe('10');
  });

  it('takes an object that was created anew, even if its version looks older', () => {
    const store = new ObjectStore();
    const before = object({ name: 'x', uid: 'first', version: 10 });
    const after = object({ name: 'x', uid: 'second', version: 9 });
    store.set(before);
    expect(store.set(after)).toEqual({ key: 'a/x', before, after });
  });

  it('does not take back what was deleted when an older answer comes late', () => {
    const store = new ObjectStore();
    store.set(object({ name: 'x', version: 10 }));
    store.delete('a/x', { uid: 'uid-x', resourceVersion: '12' });
    for (const version of [11, 12]) store.remember(object({ name: 'x', version }));
    expect(store.get('a/x')).toBeUndefined();
  });

  it('knows a deletion whose object it never held', () => {
    const store = new ObjectStore();
    store.delete('a/x', { uid: 'uid-x', resourceVersion: '12' });
    store.remember(object({ name: 'x', version: 11 }));
    expect(store.size).toBe(0);
  });

  it('takes back an object that a selector let go and finds again', () => {
    const store = new ObjectStore();
    store.delete('a/x', { uid: 'uid-x', resourceVersion: '12' });
    expect(store.set(object({ name: 'x', version: 13 }))?.after).toBeDefined();
    expect(store.set(object({ name: 'x', version: 14 }))?.after).toBeDefined();
  });

  it('keeps a successor that was remembered before the event of its predecessor’s end came', () => {
    const store = new ObjectStore();
    store.remember(object({ name: 'x', uid: 'second', version: 14 }));
    expect(store.delete('a/x', { uid: 'first', resourceVersion: '12' })).toBeUndefined();
    expect(store.get('a/x')?.metadata.uid).toBe('second');
  });

  it('forgets old deletions: memory is bounded', () => {
    const store = new ObjectStore();
    store.delete('a/x', { uid: 'uid-x', resourceVersion: '12' });
    for (let index = 0; index < 1_000; index += 1) {
      store.delete('a/y', { uid: `uid-${index}`, resourceVersion: '13' });
    }
    expect(store.set(object({ name: 'x', version: 11 }))).toBeDefined();
  });

  it('never calls a version that is no number older', () => {
    const store = new ObjectStore();
    store.set(object({ name: 'x', version: 'zz' }));
    expect(store.set(object({ name: 'x', version: 'aa' }))).toBeDefined();
  });

  it('answers for an index that it does not have with nothing', () => {
    expect(new ObjectStore().byIndex('none', 'x')).toEqual([]);
  });

  it('equals a plain map, and each index a search through it, after any history', () => {
    const name = fc.constantFrom('x', 'y', 'z');
    const step = fc.oneof(
      fc.record({
        act: fc.constant('set' as const),
        name,
        uid: fc.constantFrom('1', '2'),
        version: fc.nat(20),
        labels: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('red', 'blue')),
      }),
      fc.record({ act: fc.constant('delete' as const), name }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = new ObjectStore({ byLabel });
        const model = new Map<string, KubeObject>();
        for (const each of steps) {
          const key = objectKey({ namespace: 'a', name: each.name });
          const held = model.get(key);
          if (each.act === 'delete') {
            expect(store.delete(key)?.before).toEqual(held);
            model.delete(key);
            continue;
          }
          const next = object(each);
          const isLate = held?.metadata.uid === each.uid && Number(held.metadata.resourceVersion) > each.version;
          expect(store.set(next)).toEqual(isLate ? undefined : { key, before: held, after: next });
          if (!isLate) model.set(key, next);
        }
        expect(new Map([...store.keys()].map((key) => [key, store.get(key)]))).toEqual(model);
        expect(store.size).toBe(model.size);
        for (const term of ['red', 'blue']) {
          const expected = [...model.values()].filter((each) => byLabel(each).includes(term));
          const found = store.byIndex('byLabel', term);
          expect(found).toHaveLength(expected.length);
          expect(new Set(found)).toEqual(new Set(expected));
        }
      }),
    );
  });
});

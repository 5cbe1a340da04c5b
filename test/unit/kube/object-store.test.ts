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

  it('takes an object that was created anew, and not its predecessor after it', () => {
    const store = new ObjectStore();
    const before = object({ name: 'x', uid: 'first', version: 9 });
    const after = object({ name: 'x', uid: 'second', version: 10 });
    store.set(before);
    expect(store.set(after)).toEqual({ key: 'a/x', before, after });
    expect(store.set(before)).toBeUndefined();
    expect(store.get('a/x')).toBe(after);
  });

  it('tells of nothing when an object comes again in the same version', () => {
    const store = new ObjectStore();
    store.set(object({ name: 'x', version: 10 }));
    expect(store.set(object({ name: 'x', version: 10 }))).toBeUndefined();
  });

  it('tells once of what a reader remembered or forgot: when the server tells of it', () => {
    const store = new ObjectStore();
    const [first, second] = [10, 11].map((version) => object({ name: 'x', version }));
    store.remember(first as KubeObject);
    expect(store.set(first as KubeObject)).toEqual({ key: 'a/x', before: undefined, after: first });
    store.remember(second as KubeObject);
    expect(store.set(second as KubeObject)).toEqual({ key: 'a/x', before: first, after: second });
    expect(store.set(second as KubeObject)).toBeUndefined();
    store.forget('a/x');
    expect(store.size).toBe(0);
    const deletion = { uid: 'uid-x', resourceVersion: '12' };
    expect(store.delete('a/x', deletion)).toEqual({ key: 'a/x', before: second, after: undefined });
    expect(store.delete('a/x', deletion)).toBeUndefined();
  });

  it('tells of the end of what was remembered and never seen', () => {
    const store = new ObjectStore();
    const written = object({ name: 'x', version: 10 });
    store.remember(written);
    expect(store.delete('a/x', { resourceVersion: '12' })?.before).toBe(written);
  });

  it('takes back older versions once history began anew', () => {
    const store = new ObjectStore();
    store.delete('a/x', { uid: 'uid-x', resourceVersion: '12' });
    store.forgetDeletions();
    expect(store.set(object({ name: 'x', version: 3 }))).toBeDefined();
  });

  it('takes whatever history that began anew shows for the truth, older or the same', () => {
    const store = new ObjectStore();
    const held = object({ name: 'x', version: 40 });
    store.set(held);
    for (const version of [10, 10]) {
      const before = store.get('a/x');
      const restored = object({ name: 'x', version });
      expect(store.set(restored, { isHistoryNew: true })).toEqual({ key: 'a/x', before, after: restored });
    }
    expect(store.set(object({ name: 'x', version: 9 }))).toBeUndefined();
  });

  it('files what it holds in an index that is added later', () => {
    const store = new ObjectStore();
    const red = object({ name: 'x', version: 1, labels: { colour: 'red' } });
    store.set(red);
    store.addIndex('byLabel', byLabel);
    store.addIndex('byLabel', () => ['another']);
    expect(store.byIndex('byLabel', 'red')).toEqual([red]);
    store.delete('a/x');
    expect(store.byIndex('byLabel', 'red')).toEqual([]);
  });

  it('stays as it was when an indexer throws', () => {
    const store = new ObjectStore({
      byLabel: (each) => {
        if (each.metadata.labels?.colour === 'bad') throw new Error('no such colour');
        return byLabel(each);
      },
    });
    const red = object({ name: 'x', version: 1, labels: { colour: 'red' } });
    store.set(red);
    expect(() => store.set(object({ name: 'x', version: 2, labels: { colour: 'bad' } }))).toThrow('no such colour');
    expect([store.get('a/x'), ...store.byIndex('byLabel', 'red')]).toEqual([red, red]);
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
          const heldVersion = Number(held?.metadata.resourceVersion ?? -1);
          const isKnown =
            heldVersion > each.version || (heldVersion === each.version && held?.metadata.uid === each.uid);
          expect(store.set(next)).toEqual(isKnown ? undefined : { key, before: held, after: next });
          if (!isKnown) model.set(key, next);
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

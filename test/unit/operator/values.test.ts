import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finalValues, mergeLayers } from '../../../src/operator/values.ts';

describe('mergeLayers', () => {
  test('later layers win, maps are merged, lists and scalars replace', () => {
    const layers = [
      { image: { tag: 'a', repository: 'r' }, list: [1, 2], port: 1 },
      { image: { tag: 'b' }, list: [3] },
      { port: 2, image: { pullPolicy: 'Always' } },
    ];
    expect(mergeLayers(layers)).toEqual({
      image: { tag: 'b', repository: 'r', pullPolicy: 'Always' },
      list: [3],
      port: 2,
    });
  });

  test('null is kept, because helm takes a default of the chart away for it', () => {
    expect(mergeLayers([{ a: { b: 1 } }, { a: null }])).toEqual({ a: null });
    expect(mergeLayers([{ a: null }, { a: { b: 1 } }])).toEqual({ a: { b: 1 } });
  });

  test('a map replaces a scalar and the other way round', () => {
    expect(mergeLayers([{ a: 1 }, { a: { b: 2 } }, { c: { d: 1 } }, { c: 'x' }])).toEqual({ a: { b: 2 }, c: 'x' });
  });

  test('the layers are not changed', () => {
    const under = { a: { b: 1 } };
    mergeLayers([under, { a: { c: 2 } }]);
    expect(under).toEqual({ a: { b: 1 } });
  });

  test('a key such as __proto__ is data', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"a": 1}}') as Record<string, unknown>;
    const result = mergeLayers([{ a: 1 }, hostile]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.keys(result).sort()).toEqual(['__proto__', 'a', 'constructor']);
  });

  test('laying values on themselves changes nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        expect(JSON.stringify(mergeLayers([values, values]))).toBe(JSON.stringify(mergeLayers([values])));
      }),
    );
  });
});

describe('finalValues', () => {
  const chart = { resources: {}, image: { tag: 'latest', digest: null }, list: [1], deep: { a: { b: { c: 1 } } } };
  const prune = (values: Record<string, unknown>, openPaths: readonly (readonly string[])[] = []) =>
    finalValues([values], { values: chart, openPaths });

  test.each([
    ['a null for a default of the chart stays', { resources: null }, { resources: null }],
    ['at any depth', { deep: { a: { b: { c: null } } } }, { deep: { a: { b: { c: null } } } }],
    ['a null without a default goes', { resources: { limits: null }, other: null }, { resources: {} }],
    ['at any depth', { deep: { a: { b: { d: null } }, x: { y: null } } }, { deep: { a: { b: {} }, x: {} } }],
    ['a default that is null is none', { image: { digest: null, tag: 'a' } }, { image: { tag: 'a' } }],
    ['a default that is no map has nothing below it', { list: { a: null, b: 1 } }, { list: { b: 1 } }],
    ['nulls in lists stay', { list: [null, { a: null }], new: [null] }, { list: [null, { a: null }], new: [null] }],
    ['what is no null stays', { a: false, b: 0, c: '', d: [], e: {} }, { a: false, b: 0, c: '', d: [], e: {} }],
  ])('%s', (_what, values, expected) => {
    expect(prune(values)).toEqual(expected);
  });

  test('what a later layer sets is not taken away by an earlier null', () => {
    const defaults = { values: chart, openPaths: [] };
    expect(finalValues([{ resources: null }, { resources: { limits: { cpu: 1 } } }], defaults)).toEqual({
      resources: { limits: { cpu: 1 } },
    });
    expect(finalValues([{ extra: { a: 1 } }, { extra: null }], defaults)).toEqual({});
  });

  test('values of subcharts are left as they are, and so is what leads there', () => {
    const values = { sub: { a: null, b: { c: null } }, here: { imported: { a: null }, own: null }, up: null };
    expect(prune(values, [['sub'], ['here', 'imported'], ['up', 'there']])).toEqual({
      sub: { a: null, b: { c: null } },
      here: { imported: { a: null } },
      up: null,
    });
    expect(prune(values, [[]])).toEqual(values);
  });

  test('names that every JavaScript object has are no defaults', () => {
    expect(prune({ constructor: null, toString: null, hasOwnProperty: { call: null } })).toEqual({
      hasOwnProperty: {},
    });
    const own = JSON.parse('{"__proto__": {"toString": null, "a": 1}}') as Record<string, unknown>;
    expect(JSON.stringify(prune(own))).toBe('{"__proto__":{"a":1}}');
  });

  test('nothing is lost but nulls, and doing it twice changes nothing', () => {
    const withoutNulls = (_key: string, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null))
        : value;
    fc.assert(
      fc.property(values, values, (under, over) => {
        const defaults = { values: under, openPaths: [] };
        const once = finalValues([over], defaults);
        expect(finalValues([once], defaults)).toEqual(once);
        expect(JSON.stringify(once, withoutNulls)).toBe(JSON.stringify(over, withoutNulls));
      }),
    );
  });
});

/** Few keys, so that layers meet. */
const values = fc.letrec<{ map: Record<string, unknown>; node: unknown }>((tie) => ({
  map: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('node'), { maxKeys: 3 }),
  node: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.integer(), fc.array(tie('node'), { maxLength: 2 }), tie('map')),
})).map;

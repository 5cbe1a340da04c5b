import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finalValues } from '../../../src/operator/values.ts';

describe('finalValues', () => {
  test('later layers win, maps are merged, lists and scalars replace', () => {
    const layers = [
      { image: { tag: 'a', repository: 'r' }, list: [1, 2], port: 1 },
      { image: { tag: 'b' }, list: [3] },
      { port: 2, image: { pullPolicy: 'Always' } },
    ];
    expect(finalValues(layers)).toEqual({
      image: { tag: 'b', repository: 'r', pullPolicy: 'Always' },
      list: [3],
      port: 2,
    });
  });

  test('null is kept, because helm takes a default of the chart away for it', () => {
    expect(finalValues([{ a: { b: 1 } }, { a: null }])).toEqual({ a: null });
    expect(finalValues([{ a: null }, { a: { b: 1 } }])).toEqual({ a: { b: 1 } });
  });

  test('a map replaces a scalar and the other way round', () => {
    expect(finalValues([{ a: 1 }, { a: { b: 2 } }, { c: { d: 1 } }, { c: 'x' }])).toEqual({ a: { b: 2 }, c: 'x' });
  });

  test('the layers are not changed', () => {
    const under = { a: { b: 1 } };
    finalValues([under, { a: { c: 2 } }]);
    expect(under).toEqual({ a: { b: 1 } });
  });

  test('a key such as __proto__ is data', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"a": 1}}') as Record<string, unknown>;
    const result = finalValues([{ a: 1 }, hostile]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.keys(result).sort()).toEqual(['__proto__', 'a', 'constructor']);
  });

  test('laying values on themselves changes nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        expect(JSON.stringify(finalValues([values, values]))).toBe(JSON.stringify(finalValues([values])));
      }),
    );
  });
});

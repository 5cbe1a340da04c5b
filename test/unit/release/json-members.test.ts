import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { membersOf, skipSpace } from '../../../src/release/json-members.ts';

const textOf = (json: string): Record<string, string> =>
  Object.fromEntries(
    [...membersOf(json, skipSpace(json, 0))].map(([key, { start, end }]) => [key, json.slice(start, end)]),
  );

describe('membersOf', () => {
  it.each<[string, string, Record<string, string>]>([
    ['no member', ' { } ', {}],
    ['space everywhere', '\n{ "a" :\t1 ,\r\n"b" : [ 1 , "]" ] }', { a: '1', b: '[ 1 , "]" ]' }],
    ['words', '{"a":null,"b":true,"c":-1.50e+3}', { a: 'null', b: 'true', c: '-1.50e+3' }],
    ['braces and quotes in texts', '{"a":{"}":"\\"}{"},"b":"\\\\"}', { a: '{"}":"\\"}{"}', b: '"\\\\"' }],
    ['an escaped key', '{"\\u0061":1}', { a: '1' }],
    ['a key twice', '{"a":1,"a":2}', { a: '2' }],
  ])('finds %s', (_name, json, expected) => {
    expect(textOf(json)).toEqual(expected);
  });

  it('finds the text of every value, however it is written', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, fc.constantFrom(0, 2), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        const found = [...membersOf(json, 0)].map(([key, { start, end }]) => [key, JSON.parse(json.slice(start, end))]);
        expect(found).toEqual(Object.entries(JSON.parse(json) as object));
      }),
    );
  });
});

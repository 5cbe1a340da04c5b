import { describe, expect, test } from 'vitest';
import {
  maxTextLength,
  sourceTextOf,
  ValuesSourceError,
  valuesOf,
} from '../../../../src/operator/values/values-from.ts';
import type { ValuesReference } from '../../../../src/watches/watch-entry.ts';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const name = { kind: 'Secret', namespace: 'ns', name: 'shop' } as const;
const reference: ValuesReference = { kind: 'Secret', name: 'shop', valuesKey: 'values.yaml', optional: false };

const plenty = () => ({ left: maxTextLength.ofAll });

/** The values out of a Secret that has this under values.yaml. */
function read(content: string | Buffer, changes: Partial<ValuesReference> = {}) {
  const asked = { ...reference, ...changes };
  const text = sourceTextOf('Secret', { data: { 'values.yaml': base64(content) } }, asked.valuesKey);
  return valuesOf(asked, { name, texts: new Map([[asked.valuesKey, text]]), budget: plenty() });
}

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(ValuesSourceError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

/** A few lines that stand for more than fits into memory. */
const billionLaughs = ['a: &a [s3cret]', 'b: &b', 'c: &c', 'd: &d', 'e: &e', 'f: &f']
  .map((line, index) =>
    index === 0
      ? line
      : `${line} [${Array(10)
          .fill(`*${'abcde'.charAt(index - 1)}`)
          .join()}]`,
  )
  .join('\n');

describe('what is stored', () => {
  test('is text in a ConfigMap, and text in base64 in a Secret', () => {
    expect(sourceTextOf('ConfigMap', { data: { k: 'a: é' } }, 'k')?.text).toBe('a: é');
    expect(sourceTextOf('Secret', { data: { k: base64('a: é') } }, 'k')?.text).toBe('a: é');
  });

  test('is no text where its bytes are not UTF-8, or where a ConfigMap has them as binary data', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    expect(sourceTextOf('Secret', { data: { k: base64(bytes) } }, 'k')?.text).toBeUndefined();
    expect(sourceTextOf('ConfigMap', { binaryData: { k: base64('a: 1') } }, 'k')?.text).toBeUndefined();
  });

  test('has only keys of its own', () => {
    expect(sourceTextOf('Secret', { data: { a: '' } }, 'constructor')).toBeUndefined();
    expect(sourceTextOf('Secret', {}, 'k')).toBeUndefined();
  });
});

describe('valuesOf', () => {
  test('is the document under the key', () => {
    expect(read('a: {b: 1}\nlist: [x]')).toEqual({ a: { b: 1 }, list: ['x'] });
  });

  test('is one text at targetPath, whatever it looks like', () => {
    expect(read('12', { targetPath: 'mongodb.auth.password' })).toEqual({ mongodb: { auth: { password: '12' } } });
    expect(read('x', { targetPath: 'hosts[1].name' })).toEqual({ hosts: [null, { name: 'x' }] });
    expect(read('x', { targetPath: 'a\\.b' })).toEqual({ 'a.b': 'x' });
    expect(read(': not { yaml', { targetPath: 'a' })).toEqual({ a: ': not { yaml' });
  });

  test('is nothing where the object or the key is missing and optional', () => {
    expect(read('a: 1', { valuesKey: 'other', optional: true })).toEqual({});
    expect(valuesOf({ ...reference, optional: true }, { name, texts: undefined, budget: plenty() })).toEqual({});
  });

  test('names the object, or the key, that is missing, and the way out', () => {
    const missing = 'values come from a source that is missing:';
    expect(messageOf(() => valuesOf(reference, { name, texts: undefined, budget: plenty() }))).toBe(
      `${missing} Secret ns/shop does not exist`,
    );
    expect(messageOf(() => read('a: 1', { valuesKey: 'other' }))).toBe(`${missing} Secret ns/shop has no key "other"`);
  });

  test.each([
    ['a text', 's3cret'],
    ['a list', '- s3cret'],
    ['a number', '3'],
    ['a document that is no YAML', 's3cret: [\n'],
    ['a tab where YAML has none', 's3cret:\n\t- a'],
    ['aliases without end', billionLaughs, 'has aliases that stand for too much'],
    ['an alias of nothing', 's3cret: *nothing', 'has an alias of nothing'],
    ['a number that JSON does not have', 's3cret: .inf', 'holds a number that JSON has no word for'],
    ['depth without end', `s3cret: ${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'is nested too deeply'],
    [
      'more text than a source may have',
      `s3cret: ${'x'.repeat(262_144)}`,
      'has 262152 characters: one source may have 262144',
    ],
  ])('refuses %s, and shows nothing of it', (_what, content, problem = 'is not a YAML map of values') => {
    const message = messageOf(() => read(content));
    expect(message.replace(/ \(line \d+, column \d+\)$/, '')).toBe(`Secret ns/shop key "values.yaml" ${problem}`);
    expect(message).not.toContain('s3cret');
  });

  test('all sources of a resource together may have so much text, and the one that is too much is named', () => {
    const budget = plenty();
    const text = sourceTextOf('Secret', { data: { a: base64(`a: ${'x'.repeat(250_000)}`) } }, 'a');
    const next = () => valuesOf({ ...reference, valuesKey: 'a' }, { name, texts: new Map([['a', text]]), budget });
    for (let count = 0; count < 4; count += 1) expect(Object.keys(next())).toEqual(['a']);
    const message = 'Secret ns/shop key "a" has 250003 characters: all sources of a resource together may have 1048576';
    expect(messageOf(next)).toBe(message);
  });

  test('an optional source is not excused from being readable', () => {
    expect(messageOf(() => read('[', { optional: true }))).toContain('is not a YAML map of values');
  });

  test('refuses bytes that are no text, also at a targetPath', () => {
    const bytes = Buffer.from([0xc3, 0x28]);
    expect(messageOf(() => read(bytes))).toBe('Secret ns/shop key "values.yaml" is not text in UTF-8');
    expect(messageOf(() => read(bytes, { targetPath: 'a' }))).toContain('is not text in UTF-8');
  });
});

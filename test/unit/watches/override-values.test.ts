import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OverrideTree, parseOverrideValue, parseValuesPath } from '../../../src/watches/override-values.ts';

// What `helm template --set-string` of helm 4.2.3 makes of the same texts.
describe('parseValuesPath', () => {
  it.each([
    ['a', ['a']],
    ['image.app.tag', ['image', 'app', 'tag']],
    ['a[2]', ['a', 2]],
    ['a[0][1]', ['a', 0, 1]],
    ['a[0].b', ['a', 0, 'b']],
    ['a.b\\.c', ['a', 'b.c']],
    ['a\\[0\\]', ['a[0]']],
    ['a]b', ['a]b']],
    ['nodeSelector.kubernetes\\.io/os', ['nodeSelector', 'kubernetes.io/os']],
  ])('reads %j', (text, steps) => {
    expect(parseValuesPath(text)).toEqual({ ok: true, value: steps });
  });

  it.each([
    '',
    '.a',
    'a.',
    'a..b',
    'a[0]b',
    'a[x]',
    'a[-1]',
    'a.[0]',
    '[0]',
    'a=b',
    'a,b',
    'a\\',
    'a[65537]',
    Array.from({ length: 31 }, () => 'a').join('.'),
  ])('refuses %j', (text) => {
    expect(parseValuesPath(text)).toMatchObject({ ok: false });
  });

  it('reads back every path of keys that were escaped', () => {
    const key = fc.string({ minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), (keys) => {
        const text = keys.map((name) => name.replaceAll(/[\\.[,=]/g, String.raw`\$&`)).join('.');
        expect(parseValuesPath(text)).toEqual({ ok: true, value: keys });
      }),
    );
  });
});

describe('parseOverrideValue', () => {
  it.each([
    ['', ''],
    ['1', '1'],
    ['true', 'true'],
    ['a,b', 'a,b'],
    ['a\\,b', 'a,b'],
    ['x\\', 'x'],
    ['\\{x\\}', '{x}'],
    ['{a,b}', ['a', 'b']],
    ['{}', ['']],
    ['{,}', ['', '']],
    ['{x,}', ['x', '']],
    ['{x\\,y,z}', ['x,y', 'z']],
  ])('reads %j', (text, value) => {
    expect(parseOverrideValue(text)).toEqual({ ok: true, value });
  });

  it.each(['{', '{a', '{a}b', '{a\\}'])('refuses %j', (text) => {
    expect(parseOverrideValue(text)).toMatchObject({ ok: false });
  });
});

describe('OverrideTree', () => {
  it('merges paths into one tree and fills the gaps of lists with null', () => {
    const tree = new OverrideTree();
    expect(tree.set(['image', 'app', 'tag'], '1')).toBe(true);
    expect(tree.set(['image', 'mongodb', 'tag'], '2')).toBe(true);
    expect(tree.set(['list', 2, 'name'], 'x')).toBe(true);
    expect(tree.set(['args'], ['a', 'b'])).toBe(true);
    expect(tree.toValues()).toEqual({
      image: { app: { tag: '1' }, mongodb: { tag: '2' } },
      list: [null, null, { name: 'x' }],
      args: ['a', 'b'],
    });
  });

  it.each([[['a', 'b']], [['a']], [['a', 'b', 'c']], [['a', 0]], [['l', 'x']], [['l']], [['args', 0]]])(
    'refuses %j where another override stands',
    (path) => {
      const tree = new OverrideTree();
      tree.set(['a', 'b'], '1');
      tree.set(['l', 0], '1');
      tree.set(['args'], ['x']);
      const before = tree.toValues();
      expect(tree.set(path, '2')).toBe(false);
      expect(tree.toValues()).toEqual(before);
    },
  );

  it('takes __proto__ for a key like any other', () => {
    const tree = new OverrideTree();
    tree.set(['__proto__', 'polluted'], 'yes');
    expect(Object.keys(tree.toValues())).toEqual(['__proto__']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

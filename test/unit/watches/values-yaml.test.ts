import { describe, expect, test } from 'vitest';
import { parseValuesYaml } from '../../../src/watches/values-yaml.ts';

describe('parseValuesYaml', () => {
  test.each([
    ['nothing is no values', '', {}],
    ['comments alone are none', '# a: 1\n', {}],
    ['null is none', 'null\n', {}],
    [
      'an octal number, a truth value and a date as helm has them',
      'a: 0644\nb: yes\nc: 2026-01-01',
      { a: 420, b: true, c: '2026-01-01' },
    ],
    ['a merge key', 'a: &a {x: 1}\nb:\n  <<: *a\n  z: 2', { a: { x: 1 }, b: { x: 1, z: 2 } }],
    ['of equal keys the last', 'a: 1\na: 2', { a: 2 }],
    ['what YAML 1.1 has for times is a text', 'a: 22:30\nb: 190:20:30.5', { a: '22:30', b: '190:20:30.5' }],
    ['the octal numbers of YAML 1.2', 'a: 0o17\nb: 0o8', { a: 15, b: '0o8' }],
    ['binary data is the text that it stands for', 'a: !!binary aGVsbG8=', { a: 'hello' }],
    ['null stays', 'a: null\nb: {c: ~}\nd:', { a: null, b: { c: null }, d: null }],
    ['several documents, one over the other', 'a: {b: 1, c: 1}\n---\n---\na: {c: 2}\n', { a: { b: 1, c: 2 } }],
    ['keys that are no texts', '1: a\nyes: b', { 1: 'a', true: 'b' }],
  ])('%s', (_what, text, values) => {
    expect(parseValuesYaml(text)).toEqual({ ok: true, values });
  });

  test('says where a text is wrong', () => {
    expect(parseValuesYaml('a: 1\nb: [\n')).toMatchObject({ ok: false, place: { line: 3 } });
    expect(parseValuesYaml('a: 1\n---\n- b\n')).toEqual({ ok: false });
  });
});

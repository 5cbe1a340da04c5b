import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/lib/redact.ts';

describe('redact', () => {
  it.each([
    [
      'as it is',
      "at '/password': 'SECRET-123' does not match",
      { password: 'SECRET-123' },
      "at '/password': '***' does not match",
    ],
    ['deep in lists and maps', 'got My_S3cret', { a: [{ b: ['My_S3cret'] }] }, 'got ***'],
    ['a number', 'valueUnstructured{Value:424242}', { pin: 424242 }, 'valueUnstructured{Value:***}'],
    [
      'a number as helm groups it',
      'maximum: got 707,172, want 65,535',
      { pin: 707172 },
      'maximum: got ***, want 65,535',
    ],
    ['quoted', String.raw`Invalid value: "a\"b\nc"`, { x: 'a"b\nc' }, 'Invalid value: "***"'],
    ['a line of it', 'yaml: line 2: hunter22x', { x: 'first line\n  hunter22x\n' }, 'yaml: line 2: ***'],
    ['with white space around it', 'got hunter2', { x: 'hunter2\n' }, 'got ***'],
    ['in base64', `data: ${Buffer.from('hunter2').toString('base64')}`, { x: 'hunter2' }, 'data: ***'],
    ['short, where it stands alone', "at '/pin': 'a1' is not a1b", { pin: 'a1' }, "at '/pin': '***' is not a1b"],
    ['short, with signs that mean something in patterns', 'got $*', { x: '$*' }, 'got ***'],
  ])('hides a text %s', (_name, text, secret, expected) => {
    expect(redact(text, [secret])).toBe(expected);
  });

  it('hides the longer of two first, so that nothing of it is left', () => {
    expect(redact('secret-and-more', [{ a: 'secret', b: 'secret-and-more' }])).toBe('***');
  });

  it('leaves what booleans, null, empty texts and keys say', () => {
    const secret = { enabled: true, none: null, empty: '', blank: ' \n' };
    expect(redact('enabled is true, null and empty', [secret])).toBe('enabled is true, null and empty');
  });
});

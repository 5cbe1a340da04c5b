import { describe, expect, it } from 'vitest';
import { quoteUntrusted } from '../../../src/lib/quote-untrusted.ts';

describe('quoteUntrusted', () => {
  it.each([
    ['a name', 'shop', '"shop"'],
    ['quotes', 'a"b', '"a\\"b"'],
    ['what a terminal would obey', '\u001b[31mred\u202e', '"\ufffd[31mred\ufffd"'],
    ['breaks of lines', 'a\nb\u2028c', '"a\ufffdb\ufffdc"'],
    ['more than a line', 'x'.repeat(61), `"${'x'.repeat(60)}…"`],
  ])('prints %s', (_name, value, expected) => {
    expect(quoteUntrusted(value)).toBe(expected);
  });
});

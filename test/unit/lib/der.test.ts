// DER values, against the examples of X.690 and of everyday certificates.
import { expect, test } from 'vitest';
import { bitString, der, integer, objectId, tagged, time } from '../../../src/lib/der.ts';

const hex = (value: Buffer) => value.toString('hex');

test.for([
  [0, '0400'],
  [0x7f, '047f'],
  [0x80, '048180'],
  [0xff, '0481ff'],
  [0x100, '04820100'],
  [0xffff, '0482ffff'],
] as const)('content of %d bytes has the header %s', ([length, header]) => {
  expect(hex(der(0x04, Buffer.alloc(length)))).toMatch(new RegExp(`^${header}(00)*$`));
});

test.for([
  ['00', '020100'],
  ['7f', '02017f'],
  ['80', '02020080'],
  ['00000001', '020101'],
])('the number %s is %s: as short as can be, never negative', ([bytes = '', expected]) => {
  expect(hex(integer(Buffer.from(bytes, 'hex')))).toBe(expected);
});

test.for([
  ['2.5.4.3', '0603550403'],
  ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
  ['1.3.6.1.5.5.7.3.1', '06082b06010505070301'],
])('the object identifier %s is %s', ([dotted = '', expected]) => {
  expect(hex(objectId(dotted))).toBe(expected);
});

test('years from 2050 on get four digits', () => {
  expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1', 2)).toBe('491231235959Z');
  expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1', 2)).toBe('20500101000000Z');
});

test('a bit string says how many bits do not count, a tag whether it holds values', () => {
  expect(hex(bitString(Buffer.from([0x06]), 1))).toBe('03020106');
  expect(hex(tagged(2, Buffer.from('a'), { isConstructed: false }))).toBe('820161');
  expect(hex(tagged(3, Buffer.from([5, 0]), { isConstructed: true }))).toBe('a3020500');
});

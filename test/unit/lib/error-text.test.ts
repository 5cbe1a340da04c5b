import { describe, expect, it } from 'vitest';
import { asError, errorText } from '../../../src/lib/error-text.ts';

const circle: { self?: unknown } = {};
circle.self = circle;

describe('errorText', () => {
  it.each([
    ['the message of an error', new Error('disk is full'), 'disk is full'],
    ['the name of an error without a message', new RangeError(), 'RangeError'],
    ['text', 'stop', 'stop'],
    ['an object', { code: 7 }, '{"code":7}'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('stop'), 'Symbol(stop)'],
    ['a bigint', 1n, '1'],
    ['what refers to itself', circle, '[object Object]'],
  ])('is text for %s', (_name, thrown, expected) => {
    expect(errorText(thrown)).toBe(expected);
  });
});

describe('asError', () => {
  it('is the error that was thrown', () => {
    const error = new RangeError('too far');
    expect(asError(error)).toBe(error);
  });

  it('is one that says what else was thrown', () => {
    expect(asError('stop')).toEqual(new Error('stop'));
  });
});

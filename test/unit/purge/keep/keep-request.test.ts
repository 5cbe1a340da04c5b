import { describe, expect, it } from 'vitest';
import { checkUntil, keepKey, keepText, parseTarget } from '../../../../src/purge/keep/keep-request.ts';

const nowMs = Date.parse('2026-11-20T20:00:00.400Z');
const at = (iso: string): number => Date.parse(iso);

describe('parseTarget', () => {
  it('reads a namespace, and a release of it', () => {
    expect(parseTarget('team-a')).toEqual({ namespace: 'team-a' });
    expect(parseTarget('team-a/shop.v2')).toEqual({ namespace: 'team-a', release: 'shop.v2' });
    expect(parseTarget(`a/${'x'.repeat(53)}`).release).toHaveLength(53);
  });

  it.each([
    ['nothing', '', 'neither NAMESPACE nor'],
    ['no namespace', '/shop', 'neither NAMESPACE nor'],
    ['a path', 'a/b/c', 'neither NAMESPACE nor'],
    ['upper case', 'Team', 'neither NAMESPACE nor'],
    ['no release', 'a/', 'not a name that Helm gives'],
    ['a release that cannot be', 'a/Shop_1', 'not a name that Helm gives'],
    ['a name too long for Helm', `a/${'x'.repeat(54)}`, '54 characters long'],
    ['a name too long for an annotation', `a/${'x'.repeat(64)}`, '64 characters long'],
  ])('refuses %s', (_name, text, message) => {
    expect(() => parseTarget(text)).toThrowError(
      expect.objectContaining({ code: 'KEEP_INVALID', isTerminal: true, message: expect.stringContaining(message) }),
    );
  });
});

it('names the annotation that the plan reads', () => {
  expect(keepKey({ namespace: 'a' })).toBe('purge.velotio.com/keep-until');
  expect(keepKey({ namespace: 'a', release: 'shop' })).toBe('keep.purge.velotio.com/shop');
});

describe('checkUntil', () => {
  it.each([
    ['a whole second', '2026-11-21T06:00:00Z', '2026-11-21T06:00:00Z'],
    ['part of a second, upwards', '2026-11-20T20:00:00.600Z', '2026-11-20T20:00:01Z'],
    ['14 days, to the second', '2026-12-04T20:00:00.400Z', '2026-12-04T20:00:00Z'],
  ])('takes %s', (_name, given, expected) => {
    expect(checkUntil(at(given), nowMs)).toBe(at(expected));
  });

  it('refuses what has passed, and more than the plan would believe, with the bound', () => {
    expect(() => checkUntil(nowMs, nowMs)).toThrowError('that time has passed');
    expect(() => checkUntil(at('2026-12-04T20:00:00.401Z'), nowMs)).toThrowError(
      expect.objectContaining({ code: 'KEEP_INVALID', remedy: expect.stringContaining('2026-12-04T20:00:00Z') }),
    );
  });
});

it('never writes the text that stands there: that would not count as setting it anew', () => {
  const ms = at('2026-11-21T06:00:00Z');
  expect(keepText(ms, undefined)).toBe('2026-11-21T06:00:00Z');
  expect(keepText(ms, '2026-11-21T06:00:00Z')).toBe('2026-11-21T06:00:00.000Z');
  expect(keepText(ms, '2026-11-21T06:00:00.000Z')).toBe('2026-11-21T06:00:00Z');
});

import { describe, expect, it } from 'vitest';
import { keepOfRelease, keepOn, parseTime } from '../../../src/purge/keep.ts';
import { nowMs } from '../../support/stored-release.ts';

const keep = 'purge.velotio.com/keep';
const until = 'purge.velotio.com/keep-until';
const byName = 'keep.purge.velotio.com/shop';

describe('keepOn', () => {
  it.each([
    ['nothing', {}, undefined],
    ['keep true', { [keep]: 'true' }, 'namespace a carries purge.velotio.com/keep: "true"'],
    ['keep false', { [keep]: 'false' }, undefined],
    ['keep that cannot be read', { [keep]: 'yes' }, 'cannot be read; in doubt it is kept'],
    ['an empty keep', { [keep]: '' }, 'cannot be read; in doubt it is kept'],
    ['keep True', { [keep]: 'True' }, 'cannot be read; in doubt it is kept'],
    ['until tomorrow', { [until]: '2026-11-21T08:00:00Z' }, '2026-11-21T08:00:00Z'],
    ['until tomorrow, in Berlin', { [until]: '2026-11-21T08:00:00+01:00' }, '2026-11-21T08:00:00+01:00'],
    ['until just now', { [until]: '2026-11-20T20:00:00Z' }, undefined],
    ['until yesterday', { [until]: '2026-11-19T08:00:00Z' }, undefined],
    ['until false', { [until]: 'false' }, undefined],
    ['until true, which is no time', { [until]: 'true' }, 'cannot be read'],
    ['a date alone', { [until]: '2026-11-25' }, 'cannot be read'],
    ['a time without its offset', { [until]: '2026-11-25T08:00:00' }, 'cannot be read'],
    ['a day that does not exist', { [until]: '2026-02-30T08:00:00Z' }, 'cannot be read'],
    ['14 days ahead', { [until]: '2026-12-04T20:00:00Z' }, ': 2026-12-04T20:00:00Z'],
    ['more than 14 days ahead', { [until]: '2026-12-04T20:00:01Z' }, 'it counts until 2026-12-04T20:00:00.000Z only'],
    ['a readable past time beside keep', { [keep]: 'true', [until]: '2020-01-01T00:00:00Z' }, '"true"'],
    ['a future time beside keep false', { [keep]: 'false', [until]: '2026-11-21T00:00:00Z' }, '2026-11-21'],
  ])('%s', (_name, annotations, expected) => {
    const verdict = keepOn(annotations, 'namespace a', nowMs);
    if (expected === undefined) expect(verdict).toBeUndefined();
    else expect(verdict?.reason).toContain(expected);
  });

  it('marks what somebody should look at', () => {
    expect(keepOn({ [keep]: 'perhaps' }, 'x', nowMs)?.isDoubtful).toBe(true);
    expect(keepOn({ [until]: '2099-01-01T00:00:00Z' }, 'x', nowMs)?.isDoubtful).toBe(true);
    expect(keepOn({ [keep]: 'true' }, 'x', nowMs)?.isDoubtful).toBe(false);
  });

  it('repeats a foreign text bounded and without what a terminal would obey', () => {
    const reason = keepOn({ [keep]: `\u001b[2J\u202e${'x'.repeat(500)}` }, 'x', nowMs)?.reason ?? '';
    expect(reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(reason.length).toBeLessThan(200);
  });
});

describe('keepOfRelease', () => {
  const release = { namespace: 'a', name: 'shop' };
  it.each([
    ['true', true],
    ['false', false],
    ['2026-11-21T08:00:00Z', true],
    ['2026-11-19T08:00:00Z', false],
    ['next week', true],
  ])('keep.purge.velotio.com/shop: %s', (value, isKept) => {
    expect(keepOfRelease({ [byName]: value }, release, nowMs) !== undefined).toBe(isKept);
  });

  it('is of that release alone', () => {
    expect(keepOfRelease({ [byName]: 'true' }, { namespace: 'a', name: 'shop-2' }, nowMs)).toBeUndefined();
  });
});

describe('parseTime', () => {
  it.each([
    '2026-11-20T24:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-20 20:00:00Z',
    '20:00',
    '',
    'NaN',
    '2026-11-20T20:00:00+99:00',
  ])('does not take "%s"', (text) => expect(parseTime(text)).toBeUndefined());
  it('reads fractions and lower case', () => {
    expect(parseTime('2026-11-20t20:00:00.250z')).toBe(nowMs + 250);
  });
});

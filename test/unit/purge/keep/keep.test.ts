import { describe, expect, it } from 'vitest';
import {
  keepOfRelease,
  keepOnNamespace,
  keepOnRecord,
  keepsOfNobody,
  keepsUntil,
  lapsedKeep,
  parseTime,
} from '../../../../src/purge/keep/keep.ts';
import { annotatedOf } from '../../../../src/release/annotation-times.ts';
import { nowMs } from '../../../support/stored-release.ts';

const keep = 'purge.velotio.com/keep';
const until = 'purge.velotio.com/keep-until';
const byName = 'keep.purge.velotio.com/shop';

/** Set a day ago. */
const dayMs = 86_400_000;
const setAgo = (days: number, annotations: Readonly<Record<string, string>>) => ({
  annotations,
  annotationTimes: Object.fromEntries(Object.keys(annotations).map((key) => [key, nowMs - days * dayMs])),
});

describe('keepOnNamespace', () => {
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
    ['a readable past time beside keep', { [keep]: 'true', [until]: '2020-01-01T00:00:00Z' }, '"true"'],
    ['a future time beside keep false', { [keep]: 'false', [until]: '2026-11-21T00:00:00Z' }, '2026-11-21'],
  ])('%s', (_name, annotations, expected) => {
    const verdict = keepOnNamespace({ annotations }, 'a', nowMs);
    if (expected === undefined) expect(verdict).toBeUndefined();
    else expect(verdict?.reason).toContain(expected);
  });

  it('takes a label for what is meant by it', () => {
    const home = annotatedOf({ labels: { [keep]: 'true', 'purge.velotio.com/enabled': 'true' } });
    expect(keepOnNamespace(home, 'a', nowMs)).toEqual({
      reason:
        'namespace a has the label purge.velotio.com/keep, which counts as an annotation only; in doubt it is kept',
      isDoubtful: true,
    });
    expect(keepOnNamespace(annotatedOf({ labels: { [keep]: 'false' } }), 'a', nowMs)).toBeUndefined();
    expect(
      keepOnNamespace(annotatedOf({ labels: { 'purge.velotio.com/enabled': 'true' } }), 'a', nowMs),
    ).toBeUndefined();
  });

  it('marks what somebody should look at', () => {
    expect(keepOnNamespace({ annotations: { [keep]: 'perhaps' } }, 'x', nowMs)?.isDoubtful).toBe(true);
    expect(keepOnNamespace({ annotations: { [until]: '2099-01-01T00:00:00Z' } }, 'x', nowMs)?.isDoubtful).toBe(true);
    expect(keepOnNamespace({ annotations: { [keep]: 'true' } }, 'x', nowMs)?.isDoubtful).toBe(false);
  });

  it('repeats a foreign text bounded and without what a terminal would obey', () => {
    const reason =
      keepOnNamespace({ annotations: { [keep]: `\u001b[2J\u202e${'x'.repeat(500)}` } }, 'x', nowMs)?.reason ?? '';
    expect(reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(reason.length).toBeLessThan(200);
  });
});

describe('keep-until', () => {
  const far = '2099-01-01T00:00:00Z';

  it.each<[string, number | undefined, string, string | undefined]>([
    ['14 days from when it was set', 1, '2026-12-03T20:00:00Z', `${until}: 2026-12-03T20:00:00Z`],
    ['a second more', 1, '2026-12-03T20:00:01Z', 'it counts until 2026-12-03T20:00:00.000Z only'],
    ['far ahead, set today', 0, far, 'it counts until 2026-12-04T20:00:00.000Z only'],
    ['far ahead, set 13 days ago', 13, far, 'it counts until 2026-11-21T20:00:00.000Z only'],
    ['far ahead, set 14 days ago', 14, far, undefined],
    ['far ahead, set years ago', 1_000, far, undefined],
    ['tomorrow, set years ago', 1_000, '2026-11-21T20:00:00Z', undefined],
    ['tomorrow, nobody knows when it was set', undefined, '2026-11-21T20:00:00Z', ': 2026-11-21T20:00:00Z'],
    [
      'far ahead, nobody knows when it was set',
      undefined,
      far,
      'it is not known when that was set, so it counts until then',
    ],
  ])('%s', (...[, days, value, expected]) => {
    const annotations = { [until]: value };
    const verdict = keepOnNamespace(days === undefined ? { annotations } : setAgo(days, annotations), 'a', nowMs);
    if (expected === undefined) expect(verdict).toBeUndefined();
    else expect(verdict?.reason).toContain(expected);
  });

  it('ends, however often it is asked: the limit does not move with the clock', () => {
    const home = setAgo(0, { [until]: far });
    const limits = [0, 5, 13].map((days) => keepOnNamespace(home, 'a', nowMs + days * dayMs)?.reason);
    expect(new Set(limits).size).toBe(1);
    expect(keepOnNamespace(home, 'a', nowMs + 14 * dayMs)).toBeUndefined();
  });

  it('that counts no more is told', () => {
    const release = { namespace: 'a', name: 'shop' };
    for (const key of [until, byName]) {
      expect(lapsedKeep(setAgo(15, { [key]: far }), release, nowMs)).toContain(
        'counted until 2026-11-19T20:00:00.000Z only',
      );
      expect(lapsedKeep(setAgo(13, { [key]: far }), release, nowMs)).toBeUndefined();
      expect(lapsedKeep(setAgo(15, { [key]: '2026-11-10T00:00:00Z' }), release, nowMs)).toBeUndefined();
    }
  });
});

describe('an opt-out that is misspelt', () => {
  it.each([
    ['purge.velotio.com/Keep', '(did you mean purge.velotio.com/keep?)'],
    ['purge.velotio.com/keepuntil', '(did you mean purge.velotio.com/keep-until?)'],
    ['Purge.Velotio.com/keep', '(did you mean purge.velotio.com/keep?)'],
    ['purge.velotio.com/enabled', 'has no meaning; in doubt it is kept'],
    ['keep.purge.velotio.com/One', 'has no meaning'],
    ['KEEP.purge.velotio.com/shop', 'has no meaning'],
  ])('%s on a namespace keeps all its releases', (key, expected) => {
    const verdict = keepOnNamespace({ annotations: { [key]: 'true' } }, 'a', nowMs);
    expect(verdict).toMatchObject({ isDoubtful: true, reason: expect.stringContaining(expected) });
  });

  it.each(['purge.velotio.com/KEEP', 'keep.purge.velotio.com/shop'])('%s on a record keeps the release', (key) => {
    expect(keepOnRecord({ annotations: { [key]: 'true' } }, nowMs)?.isDoubtful).toBe(true);
  });

  it.each(['purge.velotio.com/asleep', 'keep.purge.velotio.com/other', 'example.com/keep'])('%s is none', (key) => {
    expect(keepOnNamespace({ annotations: { [key]: 'x' } }, 'a', nowMs)).toBeUndefined();
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
    expect(keepOfRelease({ annotations: { [byName]: value } }, release, nowMs) !== undefined).toBe(isKept);
  });

  it('is of that release alone', () => {
    expect(
      keepOfRelease({ annotations: { [byName]: 'true' } }, { namespace: 'a', name: 'shop-2' }, nowMs),
    ).toBeUndefined();
  });
});

describe('keepsOfNobody', () => {
  it('names pins without a release, and the release that may be meant', () => {
    const keys = ['shop', 'shpo', 'gone', 'One', 'off'].map((name) => `keep.purge.velotio.com/${name}`);
    const annotations = Object.fromEntries(keys.map((key) => [key, key.endsWith('off') ? 'false' : 'true']));
    expect(keepsOfNobody({ annotations }, 'a', ['shop', 'api'])).toEqual([
      'namespace a carries keep.purge.velotio.com/shpo, but has no release shpo; did you mean shop?',
      'namespace a carries keep.purge.velotio.com/gone, but has no release gone',
    ]);
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

describe('keepsUntil', () => {
  it.each<[string, number, Readonly<Record<string, string>>, string, string | undefined]>([
    ['nothing', 0, {}, until, undefined],
    ['a time', 1, { [until]: '2026-11-21T20:00:00Z' }, until, '2026-11-21T20:00:00.000Z'],
    ['a time that has passed', 1, { [until]: '2026-11-20T19:00:00Z' }, until, undefined],
    ['far ahead', 13, { [byName]: '2099-01-01T00:00:00Z' }, byName, '2026-11-21T20:00:00.000Z'],
    ['far ahead, set long ago', 20, { [byName]: '2099-01-01T00:00:00Z' }, byName, undefined],
    ['true', 20, { [byName]: 'true' }, byName, 'always'],
    ['false', 0, { [byName]: 'false' }, byName, undefined],
    ['what cannot be read', 20, { [until]: 'soon' }, until, 'always'],
  ])('%s', (...[, days, annotations, key, expected]) => {
    const ms = keepsUntil(setAgo(days, annotations), key, nowMs);
    expect(ms === Infinity ? 'always' : ms && new Date(ms).toISOString()).toBe(expected);
  });
});

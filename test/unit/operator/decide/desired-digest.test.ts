import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desiredDigest, formatDigestLabel, parseDigestLabel } from '../../../../src/operator/decide/desired-digest.ts';

const inputs = { chartDigest: 'sha256:1', chartVersion: '0.1.0', values: { a: 1, b: { c: [1, 2] } }, flags: [] };

describe('desiredDigest', () => {
  test('does not depend on the order of keys', () => {
    const turned = { ...inputs, values: { b: { c: [1, 2] }, a: 1 } };
    expect(desiredDigest(turned)).toBe(desiredDigest(inputs));
  });

  test.each([
    ['a value', { values: { ...inputs.values, a: 2 } }],
    ['the type of a value', { values: { ...inputs.values, a: '1' } }],
    ['a null', { values: { ...inputs.values, d: null } }],
    ['the order of a list', { values: { a: 1, b: { c: [2, 1] } } }],
    ['the chart', { chartDigest: 'sha256:2' }],
    ['the version of the chart', { chartVersion: '0.1.1' }],
    ['a flag', { flags: ['--skip-crds'] }],
  ])('changes with %s', (_what, change) => {
    expect(desiredDigest({ ...inputs, ...change })).not.toBe(desiredDigest(inputs));
  });

  test('tells different values apart', () => {
    const values = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(values, values, (a, b) => {
        const isEqual = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        const digests = [a, b].map((each) => desiredDigest({ ...inputs, values: each }));
        expect(digests[0] === digests[1]).toBe(isEqual);
      }),
    );
  });
});

describe('the digest label', () => {
  test('is a valid label value, and can be read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (revision) => {
        const label = formatDigestLabel({ digest: desiredDigest(inputs), revision });
        expect(label).toMatch(/^[0-9a-z]([0-9a-z.]{0,61}[0-9a-z])?$/);
        expect(parseDigestLabel(label)).toEqual({ digest: desiredDigest(inputs), revision });
      }),
    );
  });

  test.each([
    undefined,
    '',
    'abc',
    `${'d'.repeat(40)}`,
    `${'d'.repeat(40)}.0`,
    `${'d'.repeat(39)}.1`,
    `${'D'.repeat(40)}.1`,
  ])('is not read from %s', (value) => {
    expect(parseDigestLabel(value)).toBeUndefined();
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}

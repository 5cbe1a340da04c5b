import { describe, expect, it } from 'vitest';
import { parseHelmVersion } from '../../../src/helm/version.ts';

describe('parseHelmVersion', () => {
  it.each([
    ['v4.2.3', { major: 4, minor: 2, patch: 3, text: 'v4.2.3' }],
    ['v3.18.0+gd4aa2b1', { major: 3, minor: 18, patch: 0, text: 'v3.18.0+gd4aa2b1' }],
    ['v4.0.0-rc.1\n', { major: 4, minor: 0, patch: 0, text: 'v4.0.0-rc.1' }],
    ['10.20.30', { major: 10, minor: 20, patch: 30, text: '10.20.30' }],
    ['', undefined],
    ['v4.2', undefined],
    ['helm: command not found', undefined],
  ])('reads %j', (text, expected) => {
    expect(parseHelmVersion(text)).toEqual(expected);
  });
});

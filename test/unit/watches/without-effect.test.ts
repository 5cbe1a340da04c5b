import { describe, expect, test } from 'vitest';
import { fieldsWithoutEffect } from '../../../src/watches/without-effect.ts';
import { watchEntry } from '../../support/watch-entries.ts';

describe('fieldsWithoutEffect', () => {
  test.each([
    ['nothing in a plain entry', {}, []],
    [
      'fields that may drift',
      { driftDetection: { mode: 'warn', ignore: [{ paths: ['/spec'] }] } },
      ['driftDetection.ignore'],
    ],
    ['drift that is not looked for', { driftDetection: { mode: 'disabled', ignore: [] } }, []],
    ['values named by an annotation', { allowValuesFromAnnotation: true }, []],
  ] as const)('%s', (_what, changes, expected) => {
    expect(fieldsWithoutEffect(watchEntry(changes))).toEqual(expected);
  });
});

import { describe, expect, test } from 'vitest';
import { fieldsWithoutEffect } from '../../../src/watches/without-effect.ts';
import { watchEntry } from '../../support/watch-entries.ts';

describe('fieldsWithoutEffect', () => {
  test.each([
    ['nothing in a plain entry', {}, []],
    ['drift that is only to be reported', { driftDetection: { mode: 'warn', ignore: [] } }, ['driftDetection']],
    ['drift that is not looked for', { driftDetection: { mode: 'disabled', ignore: [] } }, []],
    ['values named by an annotation', { allowValuesFromAnnotation: true }, []],
    ['CRDs that are to be replaced', { crds: 'CreateReplace' }, ['crds: CreateReplace']],
    [
      'an uninstall after a failed install',
      { remediation: { install: 'uninstall', upgrade: 'rollback', retries: 3 } },
      ['remediation.install: uninstall'],
    ],
  ] as const)('%s', (_what, changes, expected) => {
    expect(fieldsWithoutEffect(watchEntry(changes))).toEqual(expected);
  });
});

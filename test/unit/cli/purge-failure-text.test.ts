import { describe, expect, it } from 'vitest';
import { failureLines, refusalLines } from '../../../src/cli/purge-failure-text.ts';
import type { ReleaseOutcome } from '../../../src/purge/record/report.ts';

const paste = { context: undefined, serviceAccount: 'purger' };
const failure = (key: string, rest: object = {}): ReleaseOutcome => {
  const [namespace = '', name = ''] = key.split('/');
  const told = { code: 'API_FORBIDDEN', message: `cannot list secrets of ${key}`, remedy: 'Grant the right.' };
  return { namespace, name, revision: 1, result: 'failed', durationMs: 1, record: 'left', ...told, ...rest };
};
const elevenOf = (namespace: string, rest?: (name: string) => object): ReleaseOutcome[] =>
  Array.from({ length: 11 }, (_, n) => failure(`${namespace}/shop-${n}`, rest?.(`shop-${n}`)));

describe('failures of one cause', () => {
  it('are told once for each namespace, with one remedy and one line to paste', () => {
    const first = (ns: string): string[] => [
      `${ns}/shop-0 failed (API_FORBIDDEN): cannot list secrets of ${ns}/shop-0`,
      '  Grant the right.',
      `  kubectl auth can-i --list -n ${ns} --as system:serviceaccount:${ns}:purger`,
      `  and 10 more releases of namespace ${ns} with the same code`,
    ];
    expect(failureLines([...elevenOf('a'), ...elevenOf('b')], paste)).toEqual([...first('a'), ...first('b')]);
  });

  it('are known by their messages where the code is of many causes, the name of the release left out', () => {
    const same = elevenOf('a', (name) => ({ code: 'HELM_FAILED', message: `cannot uninstall a/${name}: no` }));
    expect(failureLines(same, paste).filter((line) => line.includes('failed ('))).toHaveLength(1);
    const other = failure('a/api', { code: 'HELM_FAILED', message: 'cannot uninstall a/api: a hook failed' });
    expect(failureLines([...same, other], paste).filter((line) => line.includes('failed ('))).toHaveLength(2);
  });

  it.each<[string, object]>([
    ['code', { code: 'OWNERSHIP_UNREADABLE' }],
    ['remedy', { remedy: 'Wait.' }],
    ['state of the record, and so no line to paste', { record: 'gone' }],
  ])('are not those of another %s', (_what, rest) => {
    const lines = failureLines([failure('a/one'), failure('a/two', rest)], paste);
    expect(lines.filter((line) => line.includes('failed ('))).toHaveLength(2);
    expect(lines.join(' ')).not.toContain('more release');
  });

  it('are nothing where nothing failed', () => {
    expect(failureLines([{ ...failure('a/one'), result: 'not-started', reason: 'no' }], paste)).toEqual([]);
  });
});

describe('refusals of one cause', () => {
  const refusal = (key: string, rest: object = {}): ReleaseOutcome => {
    const [namespace = '', name = ''] = key.split('/');
    const told = { code: 'OBJECT_UNMARKED', reason: `"ConfigMap/${name}" carries no marks`, remedy: 'Look at it.' };
    return { namespace, name, revision: 1, result: 'skipped', durationMs: 1, ...told, ...rest };
  };

  it('are told once for each namespace, with a count', () => {
    const many = ['a/x-1', 'a/x-2', 'a/x-3', 'b/x-1'].map((key) => refusal(key));
    expect(refusalLines(many)).toEqual([
      'a/x-1 is kept (OBJECT_UNMARKED): "ConfigMap/x-1" carries no marks',
      '  Look at it.',
      '  and 2 more releases of namespace a with the same code',
      'b/x-1 is kept (OBJECT_UNMARKED): "ConfigMap/x-1" carries no marks',
      '  Look at it.',
    ]);
  });

  it.each<[string, object]>([
    ['code', { code: 'RECORD_CHANGED' }],
    ['reason', { reason: '"Secret/x-2" carries no marks' }],
    ['remedy', { remedy: 'Wait.' }],
  ])('are not those of another %s', (_what, rest) => {
    const lines = refusalLines([refusal('a/x-1'), refusal('a/x-2', rest)]);
    expect(lines.filter((line) => line.includes('is kept ('))).toHaveLength(2);
  });

  it('are nothing where a release changed, or was not refused', () => {
    const { code: _, ...changed } = refusal('a/x-1') as Extract<ReleaseOutcome, { result: 'skipped' }>;
    expect(refusalLines([changed, failure('a/x-2')])).toEqual([]);
  });
});

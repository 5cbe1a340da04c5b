import { describe, expect, it } from 'vitest';
import { annotatedOf } from '../../../src/release/annotation-times.ts';

const key = 'purge.velotio.com/keep-until';
const owns = (...keys: string[]) => ({
  'f:metadata': {
    'f:annotations': Object.fromEntries(['.', ...keys.map((one) => `f:${one}`)].map((one) => [one, {}])),
  },
});
const annotations = { [key]: 'x', 'example.com/other': 'y' };

describe('annotatedOf', () => {
  it('takes the time of the newest manager that owns the annotation', () => {
    const managedFields = [
      { manager: 'a', time: '2026-11-01T00:00:00Z', fieldsV1: owns(key) },
      { manager: 'b', time: '2026-11-02T00:00:00Z', fieldsV1: owns(key, 'example.com/other') },
      { manager: 'c', time: '2026-11-03T00:00:00Z', fieldsV1: owns('example.com/other') },
      { manager: 'd', fieldsV1: owns(key) },
      { manager: 'e', time: 'soon', fieldsV1: owns(key) },
    ];
    expect(annotatedOf({ annotations, managedFields })).toEqual({
      annotations,
      annotationTimes: { [key]: Date.parse('2026-11-02T00:00:00Z') },
    });
  });

  it.each([
    ['no managers', undefined],
    ['managers of other things', [{ time: '2026-11-01T00:00:00Z', fieldsV1: { 'f:data': {} } }]],
    ['managers of nothing', [{ time: '2026-11-01T00:00:00Z' }]],
  ])('knows no time where there are %s', (_name, managedFields) => {
    const meta = { annotations, ...(managedFields === undefined ? {} : { managedFields }) };
    expect(annotatedOf(meta).annotationTimes).toEqual({});
  });

  it('looks for nothing where there is no opt-out', () => {
    expect(annotatedOf({ annotations: { a: 'b' } })).toEqual({ annotations: { a: 'b' } });
    expect(annotatedOf({})).toEqual({ annotations: {} });
  });
});

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { assembleReport, type ReleaseOutcome } from '../../../../src/purge/record/report.ts';
import { purgeReportSchema } from '../../../../src/purge/record/report-schema.ts';
import { fileOf } from '../../../../src/purge/record/run-record.ts';
import { exampleNote, exampleOutcomes, examplePlan, exampleStart, runNowMs } from '../../../support/run-examples.ts';

const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(purgeReportSchema);
const problems = (report: object): unknown => (validate(JSON.parse(JSON.stringify(report))) ? [] : validate.errors);
const report = assembleReport({ ...exampleStart, outcomes: exampleOutcomes, durationMs: 3, stoppedBy: 'interrupted' });

describe('the schema takes', () => {
  it('a report with an outcome of each kind', () => {
    expect(new Set(report.outcomes.map(({ result }) => result)).size).toBe(4);
    expect(problems(report)).toEqual([]);
  });

  it('a report of a run that was ended before all was looked at', () => {
    expect(problems({ ...report, unlooked: 'ended' })).toEqual([]);
  });

  it('a report of a blocked run', () => {
    const capsHit = [{ cap: 'maxPercent' as const, limit: 50, found: 66.7, reason: 'too many' }];
    const plan = { ...examplePlan, capsHit };
    expect(problems(assembleReport({ ...exampleStart, plan, outcomes: [], durationMs: 0, stoppedBy: 'cap' }))).toEqual(
      [],
    );
  });

  it('a report file, of a run that is over and of one that is not', () => {
    const record = { start: exampleStart, nowMs: runNowMs, outcomes: exampleOutcomes, undo: [exampleNote('api')] };
    expect(problems(fileOf(record))).toEqual([]);
    expect(problems(fileOf({ ...record, report }))).toEqual([]);
  });
});

describe('the schema refuses', () => {
  const [first] = exampleOutcomes;
  it.each<[string, object]>([
    ['a field too many', { ...report, more: 1 }],
    ['a field too few', { ...report, run: undefined }],
    ['an outcome of no kind', { ...report, outcomes: [{ ...first, result: 'lost' }] }],
    ['an outcome of one kind with a field of another', { ...report, outcomes: [{ ...first, reason: 'x' }] }],
    ['a rule that there is not', { ...report, kept: [{ ...report.kept[0], rule: 'mood' }] }],
  ])('%s', (_what, wrong) => {
    expect(problems(wrong)).not.toEqual([]);
  });

  it('a failure without a code', () => {
    const { code: _, ...failure } = report.outcomes.find(
      (one): one is Extract<ReleaseOutcome, { result: 'failed' }> => one.result === 'failed',
    ) ?? { code: '' };
    expect(problems({ ...report, outcomes: [failure] })).not.toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { restoreLine, restoreSummary, restoreTable } from '../../../src/cli/purge-restore-text.ts';
import { assembleRestoreReport, type RestoreOutcome } from '../../../src/purge/restore/restore-report.ts';

const key = { namespace: 'alice', revision: 3 };
const outcomes: readonly RestoreOutcome[] = [
  { ...key, name: 'web', result: 'skipped', reason: 'it was brought back already: revision 4 is deployed' },
  { ...key, name: 'shop', result: 'restored', durationMs: 1_240, newRevision: 4 },
  {
    ...key,
    name: 'db',
    result: 'refused',
    code: 'NAME_IN_USE',
    reason: 'its name is in use\u001b[2J',
    remedy: 'Look.',
  },
  {
    ...key,
    name: 'api',
    result: 'failed',
    durationMs: 30,
    code: 'API_FORBIDDEN',
    message: 'cannot create',
    remedy: 'Grant.',
  },
  { ...key, name: 'zoo', result: 'not-started', reason: 'the restore was interrupted' },
];
const report = assembleRestoreReport({
  run: 'nightly-20261120200000-abcde',
  policy: 'nightly',
  context: 'dev',
  server: 'https://10.0.0.1:6443',
  isDryRun: false,
  startedAtMs: 0,
  durationMs: 2_000,
  stoppedBy: 'interrupted',
  outcomes,
});

describe('the report of a restore', () => {
  it('is sorted and counted', () => {
    expect(report.outcomes.map(({ name }) => name)).toEqual(['api', 'db', 'shop', 'web', 'zoo']);
    expect(report.counts).toEqual({ restored: 1, restorable: 0, skipped: 1, refused: 1, failed: 1, notStarted: 1 });
  });

  it('is a table for people', () => {
    expect(restoreTable(report, { isWide: true })).toBe(
      [
        'NAMESPACE   RELEASE   REVISION   RESULT        TIME    CODE            DETAIL',
        'alice       api       3          failed        0.03s   API_FORBIDDEN   cannot create',
        'alice       db        3          refused       -       NAME_IN_USE     its name is in use [2J',
        'alice       shop      3          restored      1.24s   -               deployed as revision 4',
        'alice       web       3          skipped       -       -               it was brought back already: revision 4 is deployed',
        'alice       zoo       3          not-started   -       -               the restore was interrupted',
        '',
      ].join('\n'),
    );
  });

  it('says of each release that does not come back what to do', () => {
    expect(restoreSummary(report)).toEqual([
      '1 restored, 1 skipped, 1 refused, 1 failed, 1 not started; 2.00s',
      'alice/api failed (API_FORBIDDEN): cannot create',
      '  Grant.',
      'alice/db refused (NAME_IN_USE): its name is in use [2J',
      '  Look.',
    ]);
  });

  it('says of a dry run what could come back', () => {
    const planned = { ...report, isDryRun: true, counts: { ...report.counts, restored: 0, restorable: 2 } };
    expect(restoreSummary(planned)[0]).toBe('2 can be restored, 1 skipped, 1 refused, 1 failed; 2.00s');
  });

  it('says of a release how it ended, as it ends', () => {
    expect(report.outcomes.map(restoreLine)[2]).toBe('restored alice/shop: deployed as revision 4');
  });
});

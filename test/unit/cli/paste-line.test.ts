import { describe, expect, it } from 'vitest';
import { type PasteOptions, pasteLine } from '../../../src/cli/paste-line.ts';
import type { ReleaseOutcome } from '../../../src/purge/record/report.ts';

const paste: PasteOptions = { context: 'dev', serviceAccount: undefined };

const failed = (code: string, record: 'left' | 'gone' | 'unknown' = 'left'): ReleaseOutcome => ({
  namespace: 'team-a',
  name: 'shop',
  revision: 1,
  result: 'failed',
  durationMs: 1,
  code,
  message: 'no',
  record,
});

describe('the line to paste', () => {
  it.each([
    ['uninstalls once more', failed('HELM_FAILED'), 'helm uninstall shop --namespace team-a --kube-context dev'],
    ['shows the rights', failed('API_FORBIDDEN'), 'kubectl auth can-i --list -n team-a --context dev'],
    [
      'shows the manifest whose kind is gone',
      failed('KIND_NOT_SERVED'),
      'helm get manifest shop --namespace team-a --kube-context dev',
    ],
    ['is none where the record is another by now', failed('HELM_FAILED', 'gone'), undefined],
    ['is none where no way back was made: by hand it would go without one', failed('UNDO_NOT_WRITTEN'), undefined],
  ])('%s', (_what, outcome, line) => {
    expect(pasteLine(outcome, paste)).toBe(line);
  });

  it('acts as the ServiceAccount of the release', () => {
    const line = pasteLine(failed('HELM_FAILED'), { ...paste, serviceAccount: 'purger' });
    expect(line).toContain('--kube-as-user system:serviceaccount:team-a:purger');
  });
});

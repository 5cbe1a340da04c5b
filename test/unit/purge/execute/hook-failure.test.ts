import { expect, it } from 'vitest';
import { withHook } from '../../../../src/purge/execute/hook-failure.ts';
import type { UninstallOutcome } from '../../../../src/purge/execute/uninstall-release.ts';
import type { Release, ReleaseHook } from '../../../../src/release/decode.ts';
import { exampleRelease } from '../../../support/example-release.ts';

const hook = (kind: string, name: string, ...events: string[]): ReleaseHook => ({ kind, name, events, manifest: '' });
const clean = hook('Job', 'clean', 'pre-delete', 'post-install');
const bye = hook('Job', 'bye', 'post-delete');
const release = (...hooks: ReleaseHook[]): Release => exampleRelease({ hooks });
const failure = (rest: Partial<Extract<UninstallOutcome, { result: 'failed' }>>): UninstallOutcome => ({
  result: 'failed',
  code: 'HELM_HOOK_FAILED',
  message: 'no',
  record: 'left',
  ...rest,
});

it.each<[string, UninstallOutcome, Release, string]>([
  [
    'a pre-delete hook: the record is there',
    failure({}),
    release(clean, bye),
    'no (its "pre-delete hook Job/clean" failed: nothing else of the release was deleted)',
  ],
  [
    'a post-delete hook: the record is gone',
    failure({ record: 'gone' }),
    release(clean, bye),
    'no (its "post-delete hook Job/bye" failed: the release was deleted before it ran)',
  ],
  [
    'the one that helm names',
    failure({ message: 'resource Job/team-a/two not ready' }),
    release(hook('Job', 'one', 'pre-delete'), hook('Job', 'two', 'pre-delete', 'post-delete')),
    'resource Job/team-a/two not ready (its "pre-delete hook Job/two" failed: nothing else of the release was deleted)',
  ],
  [
    'one of several that helm does not name',
    failure({}),
    release(hook('Job', 'one', 'pre-delete'), hook('Job', 'two', 'pre-delete')),
    'no (a pre-delete hook failed: nothing else of the release was deleted)',
  ],
  [
    'one that takes too long',
    failure({ code: 'HELM_TIMEOUT' }),
    release(clean),
    'no (its "pre-delete hook Job/clean" may be what takes so long)',
  ],
  ['nothing where there is none', failure({ code: 'HELM_TIMEOUT' }), release(), 'no'],
  ['nothing of another failure', failure({ code: 'HELM_FORBIDDEN' }), release(clean), 'no'],
  ['nothing where nobody knows whether the record is there', failure({ record: 'unknown' }), release(clean), 'no'],
])('names %s', (_name, outcome, of, message) => {
  expect(withHook(outcome, of)).toMatchObject({ message });
});

it('leaves alone what did not fail', () => {
  expect(withHook({ result: 'purged' }, release(clean))).toEqual({ result: 'purged' });
});

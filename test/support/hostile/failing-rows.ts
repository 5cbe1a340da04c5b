// Releases on which an uninstall fails, hangs or lies (DESIGN.md P6).
import type { Manifested } from '../written-release.ts';
import type { HostileRow } from './hostile-row.ts';

/** A hook's Job whose pod fails, or never ends. */
function job(annotations: Readonly<Record<string, string>>, event: string): Manifested {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'clean', annotations: { 'helm.sh/hook': event } },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { annotations },
        spec: { restartPolicy: 'Never', containers: [{ name: 'clean', image: 'example.invalid/clean:1' }] },
      },
    },
  };
}
const fails = { 'local.velotio.com/behaviour': 'fail' };
const never = { 'local.velotio.com/complete-after': '600s' };
const record = 'Secret/sh.helm.release.v1.shop.v1';

/** Delete hooks, as the policy's ServiceAccount. */
export const hookRows: readonly HostileRow[] = [
  {
    name: 'hook-works',
    why: 'P1, P9: with a ServiceAccount a delete hook runs, and what it made stays unless it says otherwise',
    hasDeleteHooks: true,
    make: ({ shop }) => shop({ hooks: [{ events: ['pre-delete'], object: job({}, 'pre-delete') }] }),
    ends: { purged: true, stays: ['Job/clean'], left: { 'Job/clean': 'hook' } },
  },
  {
    name: 'hook-fails-before',
    why: 'P6: a failing pre-delete hook leaves the release to be looked at, and nothing of it is gone',
    hasDeleteHooks: true,
    make: ({ shop }) => shop({ hooks: [{ events: ['pre-delete'], object: job(fails, 'pre-delete') }] }),
    ends: { failed: ['HELM_HOOK_FAILED'], record: 'left', stays: ['ConfigMap/shop', 'Job/clean', record] },
    changes: [record],
  },
  {
    name: 'hook-fails-after',
    why: 'P6: a failing post-delete hook is told, although helm has removed the record by then',
    hasDeleteHooks: true,
    make: ({ shop }) => shop({ hooks: [{ events: ['post-delete'], object: job(fails, 'post-delete') }] }),
    ends: { failed: ['HELM_HOOK_FAILED'], record: 'gone', stays: ['Job/clean'] },
  },
  {
    name: 'hook-hangs',
    why: 'P6: the time of a release is bounded, and only its own',
    hasDeleteHooks: true,
    make: ({ shop }) => shop({ hooks: [{ events: ['pre-delete'], object: job(never, 'pre-delete') }] }),
    ends: {
      failed: ['HELM_TIMEOUT', 'HELM_HOOK_FAILED'],
      record: 'left',
      stays: ['ConfigMap/shop', 'Job/clean', record],
    },
    changes: [record],
  },
];

/** helm that fails or lies. */
export const helmRows: readonly HostileRow[] = [
  {
    name: 'helm-lies',
    why: 'P6: rc 0 is not believed while the record is there',
    make: ({ shop }) => shop(),
    helm: () => 'echo released; exit 0',
    ends: { failed: ['RECORD_LEFT'], record: 'left' },
  },
  {
    name: 'helm-fails',
    why: 'P6: a failure is one with a code, and stops nobody else',
    make: ({ shop }) => shop(),
    helm: () => "echo 'Error: Internal error occurred' >&2; exit 1",
    ends: { failed: ['HELM_FAILED'], record: 'left' },
  },
  {
    name: 'helm-hangs',
    why: 'P6: a helm that never ends is ended with all that it started',
    make: ({ shop }) => shop(),
    helm: () => 'sleep 600 & wait',
    ends: { failed: ['HELM_TIMEOUT'], record: 'left' },
  },
];

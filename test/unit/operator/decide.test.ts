import { describe, expect, test } from 'vitest';
import { type Action, decide, type State } from '../../../src/operator/decide.ts';
import { formatDigestLabel } from '../../../src/operator/desired-digest.ts';
import type { Observation } from '../../../src/operator/observation.ts';
import { digest, failure, now, observation, release, resource } from '../../support/observations.ts';

const deleting = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const suspended = { annotations: { 'helm.velotio.com/suspend': 'true' } };
const byHand = release({ owner: undefined, digestLabel: undefined });
const olderStatus = (revision: number) => ({
  release: {
    name: 'shop',
    namespace: 'alice',
    revision,
    status: 'deployed' as const,
    chart: 'bookstore-0.1.0',
    digest,
  },
});

type Case = readonly [situation: string, observed: Observation, state: State, action: Action];

const cases: readonly Case[] = [
  [
    'a resource without our finalizer',
    observation({ resource: resource({ finalizers: [] }) }),
    'Unprotected',
    'addFinalizer',
  ],
  ['no release', observation({ release: undefined }), 'Absent', 'install'],
  [
    'an uninstalled release with kept history',
    observation({ release: release({ status: 'uninstalled' }) }),
    'Absent',
    'install',
  ],
  ['the desired revision deployed', observation(), 'InSync', 'none'],
  [
    'another digest',
    observation({ release: release({ digestLabel: formatDigestLabel({ digest: 'e'.repeat(40), revision: 1 }) }) }),
    'OutOfDate',
    'upgrade',
  ],
  [
    'labels carried over by another helm',
    observation({ release: release({ revision: 2 }) }),
    'ChangedOutside',
    'upgrade',
  ],
  ['a lost digest label', observation({ release: release({ digestLabel: undefined }) }), 'ChangedOutside', 'upgrade'],
  ['a failed revision', observation({ release: release({ status: 'failed' }) }), 'Failed', 'upgrade'],
  ['pending-install', observation({ release: release({ status: 'pending-install' }) }), 'Locked', 'none'],
  ['pending-upgrade', observation({ release: release({ status: 'pending-upgrade' }) }), 'Locked', 'none'],
  ['pending-rollback', observation({ release: release({ status: 'pending-rollback' }) }), 'Locked', 'none'],
  ['uninstalling', observation({ release: release({ status: 'uninstalling' }) }), 'Locked', 'none'],
  ['a release made by hand', observation({ release: byHand }), 'Foreign', 'none'],
  ['a release of another kind', observation({ release: release({ owner: 'Library.velotio.com' }) }), 'Foreign', 'none'],
  [
    'no owner label, but our status names the revision',
    observation({ release: byHand, resource: resource({}, olderStatus(1)) }),
    'ChangedOutside',
    'upgrade',
  ],
  [
    'no owner label, and our status names another revision',
    observation({ release: byHand, resource: resource({}, olderStatus(7)) }),
    'Foreign',
    'none',
  ],
  [
    'a pending release that is not ours',
    observation({ release: release({ owner: undefined, status: 'pending-upgrade' }) }),
    'Foreign',
    'none',
  ],
  ['not selected', observation({ isSelected: false, release: undefined }), 'NotSelected', 'none'],
  ['suspended', observation({ resource: resource(suspended), release: undefined }), 'Suspended', 'none'],
  ['a terminating namespace', observation({ isNamespaceTerminating: true, release: undefined }), 'Blocked', 'none'],
  [
    'missing values',
    observation({ desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'no Secret' } }),
    'Blocked',
    'none',
  ],
  ['a failure whose retry is not due', observation({ release: undefined, failure: failure() }), 'Failed', 'none'],
  [
    'a failure whose retry is due',
    observation({ release: undefined, failure: failure({ retryAtMs: now }) }),
    'Absent',
    'install',
  ],
  [
    'a failure of what is no longer desired',
    observation({ release: undefined, failure: failure({ digest: 'x' }) }),
    'Absent',
    'install',
  ],
  [
    'a failure that no retry can help',
    observation({ release: undefined, failure: failure({ isTerminal: true, retryAtMs: 0 }) }),
    'Failed',
    'none',
  ],
  [
    'no tries left, but a new request to try',
    observation({
      release: undefined,
      resource: resource({ annotations: { 'helm.velotio.com/force-requested-at': 'now' } }),
      failure: failure({ count: 4, retryAtMs: 0 }),
    }),
    'Absent',
    'install',
  ],
  [
    'no tries left',
    observation({ release: undefined, failure: failure({ count: 4, retryAtMs: 0 }) }),
    'Failed',
    'none',
  ],
  ['deleted, with our release', observation({ resource: resource(deleting) }), 'Deleting', 'uninstall'],
  [
    'deleted, with our pending release',
    observation({ resource: resource(deleting), release: release({ status: 'pending-install' }) }),
    'Deleting',
    'uninstall',
  ],
  [
    'deleted, without a release',
    observation({ resource: resource(deleting), release: undefined }),
    'Deleting',
    'removeFinalizer',
  ],
  [
    'deleted, with a foreign release',
    observation({ resource: resource(deleting), release: byHand }),
    'Foreign',
    'removeFinalizer',
  ],
  [
    'deleted, without our finalizer',
    observation({ resource: resource({ ...deleting, finalizers: ['other'] }) }),
    'Gone',
    'none',
  ],
  ['deleted while suspended', observation({ resource: resource({ ...deleting, ...suspended }) }), 'Suspended', 'none'],
  [
    'deleted and no longer selected',
    observation({ resource: resource(deleting), isSelected: false }),
    'Deleting',
    'uninstall',
  ],
  [
    'deleted, without known values',
    observation({
      resource: resource(deleting),
      desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'x' },
    }),
    'Deleting',
    'uninstall',
  ],
  [
    'deleted, the uninstall failed and is not due',
    observation({ resource: resource(deleting), failure: failure({ reason: 'UninstallFailed' }) }),
    'Deleting',
    'none',
  ],
  [
    'deleted, the uninstall failed and is due',
    observation({ resource: resource(deleting), failure: failure({ reason: 'UninstallFailed', retryAtMs: now }) }),
    'Deleting',
    'uninstall',
  ],
  [
    'deleted after an upgrade failed for good',
    observation({ resource: resource(deleting), failure: failure({ isTerminal: true }) }),
    'Deleting',
    'uninstall',
  ],
];

describe('decide', () => {
  test.each(cases)('%s', (_situation, observed, state, action) => {
    const decision = decide(observed, now);
    expect({ state: decision.state, action: decision.action }).toEqual({ state, action });
    expect(decision.message).not.toBe('');
  });

  test('looks again when the retry of a failure is due, not before', () => {
    expect(decide(observation({ failure: failure(), release: undefined }), now).requeueAfterMs).toBe(60_000);
  });

  test('keeps an eye on a release that another helm holds', () => {
    expect(
      decide(observation({ release: release({ status: 'pending-upgrade' }) }), now).requeueAfterMs,
    ).toBeGreaterThan(0);
  });

  test('names the other owner of a release', () => {
    const decision = decide(observation({ release: release({ owner: 'Library.velotio.com' }) }), now);
    expect(decision.message).toContain('alice/shop');
    expect(decision.message).toContain('Library.velotio.com');
  });

  test('says how often it tried before it gave up', () => {
    const decision = decide(observation({ failure: failure({ count: 4, retryAtMs: 0 }) }), now);
    expect(decision).toMatchObject({ reason: 'RetriesExhausted', message: expect.stringContaining('4 failures') });
    expect(decision.requeueAfterMs).toBeUndefined();
  });

  describe('of workloads that are not ready', () => {
    const workloads = { state: 'progressing', message: 'Deployment shop: 0 of 1 pods are available' } as const;
    const deployedAt = (ms: number) => ({
      release: { ...olderStatus(1).release, lastDeployed: new Date(ms).toISOString() },
    });

    test('waits until the time for it is over', () => {
      const status = deployedAt(now - 100_000);
      const decision = decide(observation({ workloads, resource: resource({}, status) }), now);
      expect(decision).toMatchObject({ reason: 'WorkloadsProgressing', message: workloads.message });
      expect(decision.requeueAfterMs).toBeLessThanOrEqual(300_000);
    });

    test('says so when the time is over', () => {
      const conditions = [
        {
          type: 'Ready',
          status: 'False',
          reason: 'WorkloadsProgressing',
          message: '',
          lastTransitionTime: new Date(now - 400_000).toISOString(),
        },
      ] as const;
      const status = { ...deployedAt(now - 400_000), conditions };
      const decision = decide(observation({ workloads, resource: resource({}, status) }), now);
      expect(decision).toMatchObject({ state: 'InSync', action: 'none', reason: 'ReadyTimeout' });
      expect(decision.requeueAfterMs).toBeUndefined();
    });

    test('gives a release that was ready before the whole time again', () => {
      const conditions = [
        {
          type: 'Ready',
          status: 'True',
          reason: 'WorkloadsReady',
          message: '',
          lastTransitionTime: new Date(now - 4_000_000).toISOString(),
        },
      ] as const;
      const status = { ...deployedAt(now - 4_000_000), conditions };
      const decision = decide(observation({ workloads, resource: resource({}, status) }), now);
      expect(decision).toMatchObject({ reason: 'WorkloadsProgressing', requeueAfterMs: 300_000 });
    });
  });
});

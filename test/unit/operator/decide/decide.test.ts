import { describe, expect, test } from 'vitest';
import type { WatchedStatus } from '../../../../src/api/v1alpha1/watched-status.ts';
import { decide } from '../../../../src/operator/decide/decide.ts';
import { formatDigestLabel } from '../../../../src/operator/decide/desired-digest.ts';
import type { Action, State } from '../../../../src/operator/decide/states.ts';
import { states } from '../../../../src/operator/decide/states.ts';
import type { Observation } from '../../../../src/operator/observe/observation.ts';
import { composeStatus } from '../../../../src/operator/status/status.ts';
import { digest, failure, now, observation, release, resource, snapshot } from '../../../support/observations.ts';
import { examples, interruptions } from '../../../support/state-examples.ts';
import { watchEntry } from '../../../support/watch-entries.ts';

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const suspend = 'helm.velotio.com/suspend';
const suspended = { annotations: { [suspend]: 'true' } };
const forced = { annotations: { 'helm.velotio.com/force-requested-at': 'now' } };
const ours = 'helm.velotio.com/uninstall';
const sdkFinalizer = 'helm.sdk.operatorframework.io/uninstall-release';
const heldBySdk = resource({ finalizers: [ours, sdkFinalizer] });
const byHand = release({ owner: undefined, digestLabel: undefined });
const other = 'e'.repeat(40);
const longName = 'n'.repeat(54);
const { chart } = watchEntry();
const reaching = watchEntry({ chart: { ...chart, kinds: [{ kind: 'ConfigMap' }, { kind: 'ClusterRole' }] } });
const inventory = [{ group: 'apps', kind: 'Deployment', namespace: 'alice', name: 'shop', uid: 'd-1' }];
const at = (revision: number, more: WatchedStatus = {}): WatchedStatus => ({ release: snapshot(revision), ...more });
const label = (revision: number, of = digest): string => formatDigestLabel({ digest: of, revision });
const failed = release({ revision: 2, status: 'failed', digestLabel: label(2), good: [1] });
const noRollback = watchEntry({ remediation: { install: 'none', upgrade: 'none', retries: 3 } });
const uninstallFirst = watchEntry({ remediation: { install: 'uninstall', upgrade: 'rollback', retries: 3 } });
const briefly = watchEntry({ timeoutMs: 20_000 });
const theirs = release({ revision: 2, status: 'pending-upgrade', touchedAtMs: now - 80_000 });
const reportOnly = watchEntry({ driftDetection: { mode: 'warn', ignore: [] } });
const rolledBack = release({ revision: 3, digestLabel: label(1, other), good: [1, 2] });

type Case = readonly [situation: string, observed: Partial<Observation>, state: State];

const cases: readonly Case[] = [
  ['no release', { release: undefined }, 'Absent'],
  ['an uninstalled release with kept history', { release: release({ status: 'uninstalled' }) }, 'Absent'],
  ['the desired revision deployed', {}, 'InSync'],
  ['another digest', { release: release({ digestLabel: label(1, other) }) }, 'OutOfDate'],
  ['labels carried over by another helm', { release: release({ revision: 2 }) }, 'ChangedOutside'],
  ['a lost digest label', { release: release({ digestLabel: undefined }) }, 'ChangedOutside'],
  [
    'a change by another helm, to be reported',
    { entry: reportOnly, release: release({ revision: 2 }) },
    'ChangeReported',
  ],
  [
    'a change by another helm, to be reported, and the spec changed since',
    { entry: reportOnly, release: release({ revision: 2, digestLabel: label(1, other) }) },
    'OutOfDate',
  ],
  [
    'a change by another helm, to be reported, and a request to put it right',
    { entry: reportOnly, release: release({ revision: 2 }), resource: resource(forced) },
    'ChangedOutside',
  ],
  ['a revision that our own rollback made', { release: rolledBack, resource: resource({}, at(3)) }, 'OutOfDate'],
  [
    'a revision that our own rollback made, and the spec went back too',
    { release: { ...rolledBack, digestLabel: label(1) }, resource: resource({}, at(3)) },
    'InSync',
  ],
  ['a failed revision of which nothing is remembered', { release: release({ status: 'failed' }) }, 'Failed'],
  ['a request to upgrade though nothing changed', { resource: resource(forced) }, 'Forced'],
  [
    'the same request, obeyed, though no status could say so',
    { resource: resource(forced), handledForce: 'now' },
    'InSync',
  ],
  ['the same request, obeyed', { resource: resource(forced, { lastHandledForceAt: 'now' }) }, 'InSync'],

  ['pending-install', { release: release({ status: 'pending-install' }) }, 'Locked'],
  ['pending-upgrade', { release: release({ status: 'pending-upgrade' }) }, 'Locked'],
  ['pending-rollback', { release: release({ status: 'pending-rollback' }) }, 'Locked'],
  ['uninstalling', { release: release({ status: 'uninstalling' }) }, 'Locked'],
  ['pending, and its operator lives', { release: release({ status: 'pending-upgrade', holder: 'alive' }) }, 'Locked'],
  [
    'pending, and its operator is dead',
    { release: release({ status: 'pending-install', holder: 'dead' }) },
    'Abandoned',
  ],
  [
    'pending, of a helm that we waited for',
    { release: release({ status: 'pending-install', holder: 'self' }) },
    'Abandoned',
  ],
  [
    'pending for one second less than helm may take',
    { release: release({ status: 'pending-upgrade', touchedAtMs: now - 359_000 }) },
    'Locked',
  ],
  [
    'pending for longer than helm may take',
    { release: release({ status: 'pending-upgrade', touchedAtMs: now - 360_000 }) },
    'Abandoned',
  ],
  [
    'pending for longer than helm may take in general, and not by the annotation',
    {
      release: release({ status: 'pending-upgrade', touchedAtMs: now - 360_000 }),
      resource: resource({ annotations: { 'helm.velotio.com/timeout': '10m' } }),
    },
    'Locked',
  ],
  [
    'pending for longer than helm may take by an annotation that may be younger than it',
    {
      release: release({ status: 'pending-upgrade', touchedAtMs: now - 359_000 }),
      resource: resource({ annotations: { 'helm.velotio.com/timeout': '1s' } }),
    },
    'Locked',
  ],
  [
    'pending for longer than our helm may take',
    { entry: briefly, release: release({ status: 'pending-upgrade', touchedAtMs: now - 80_000 }) },
    'Abandoned',
  ],
  [
    'pending for as long, by a helm of somebody else, who said nothing of its timeout',
    { entry: briefly, release: theirs },
    'Locked',
  ],
  [
    'pending for longer than helm takes if nobody says otherwise',
    { entry: briefly, release: { ...theirs, touchedAtMs: now - 360_000 } },
    'Abandoned',
  ],
  ['pending, and somebody says that no helm is at work', { release: theirs, resource: resource(forced) }, 'Abandoned'],
  [
    'the same of a helm of ours, which may be a replica’s',
    { release: release({ status: 'pending-upgrade' }), resource: resource(forced) },
    'Locked',
  ],
  [
    'the same of a helm whose process is seen',
    { release: release({ status: 'pending-upgrade', holder: 'alive' }), resource: resource(forced) },
    'Locked',
  ],
  [
    'pending since nobody knows when',
    { release: release({ status: 'pending-upgrade', touchedAtMs: undefined }) },
    'Locked',
  ],
  [
    'uninstalling for longer than helm may take',
    { release: release({ status: 'uninstalling', touchedAtMs: 0 }) },
    'Abandoned',
  ],
  [
    'a dead lock that could not be freed a moment ago',
    { release: release({ status: 'pending-upgrade', holder: 'dead' }), failure: failure({ action: 'rollback' }) },
    'Backoff',
  ],

  ['a release made by hand', { release: byHand }, 'Foreign'],
  ['a release of another kind', { release: release({ owner: 'Library.velotio.com' }) }, 'Foreign'],
  [
    'no owner label, but our status names the revision',
    { release: byHand, resource: resource({}, at(1)) },
    'ChangedOutside',
  ],
  [
    'no owner label, and our status names another revision',
    { release: byHand, resource: resource({}, at(7)) },
    'Foreign',
  ],
  [
    'no owner label, and our status names the revision, but not its content',
    { release: byHand, resource: resource({}, at(1)), namedDoubt: 'its content is another' },
    'Foreign',
  ],
  [
    'a pending release that is not ours',
    { release: release({ owner: undefined, status: 'pending-upgrade', touchedAtMs: 0 }) },
    'Foreign',
  ],

  ['operator-sdk’s release for this resource', { release: byHand, isSdkOwned: true, resource: heldBySdk }, 'Inherited'],
  [
    'operator-sdk’s release, before our finalizer is there',
    { release: byHand, isSdkOwned: true, resource: resource({ finalizers: [sdkFinalizer] }) },
    'Unprotected',
  ],
  [
    'operator-sdk’s release, locked by its helm',
    { release: { ...byHand, status: 'pending-upgrade' }, isSdkOwned: true, resource: heldBySdk },
    'Locked',
  ],
  [
    'operator-sdk’s release, left locked by a helm that is dead',
    { release: { ...byHand, status: 'pending-upgrade', touchedAtMs: 0 }, isSdkOwned: true, resource: heldBySdk },
    'Inherited',
  ],
  [
    'operator-sdk’s release, and values are missing',
    {
      release: byHand,
      isSdkOwned: true,
      resource: heldBySdk,
      desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'no Secret' },
    },
    'Inherited',
  ],
  [
    'operator-sdk was here, and the release is not proved to be its',
    { release: byHand, resource: heldBySdk, sdkDoubt: 'ConfigMap/shop is not marked' },
    'Foreign',
  ],
  [
    'operator-sdk’s release, labelled by hand',
    { release: release({ digestLabel: undefined }), resource: heldBySdk },
    'Inherited',
  ],
  [
    'operator-sdk’s release, taken over, and its finalizer is still there',
    {
      release: release({ digestLabel: undefined }),
      resource: resource({ finalizers: [ours, sdkFinalizer] }, at(1)),
    },
    'Unprotected',
  ],
  [
    'operator-sdk’s release, taken over',
    { release: release({ digestLabel: undefined }), resource: resource({}, at(1)) },
    'ChangedOutside',
  ],
  ['operator-sdk’s finalizer on what we have upgraded', { resource: heldBySdk }, 'Unprotected'],
  ['operator-sdk’s finalizer, and no release', { release: undefined, resource: heldBySdk }, 'Absent'],

  ['not selected', { isSelected: false, release: undefined }, 'NotSelected'],
  ['suspended', { resource: resource(suspended), release: undefined }, 'Suspended'],
  [
    'suspended with a new spec',
    { resource: resource(suspended), release: release({ digestLabel: label(1, other) }) },
    'Suspended',
  ],
  ['suspended in another spelling', { resource: resource({ annotations: { [suspend]: 'True' } }) }, 'Suspended'],
  ['told not to be suspended', { resource: resource({ annotations: { [suspend]: 'False' } }) }, 'InSync'],
  [
    'perhaps suspended, and there is something to do',
    { resource: resource({ annotations: { [suspend]: 'yes' } }), release: undefined },
    'Blocked',
  ],
  [
    'perhaps suspended, and a dead helm left the release locked',
    {
      resource: resource({ annotations: { [suspend]: 'yes' } }),
      release: release({ status: 'pending-upgrade', holder: 'dead' }),
    },
    'Blocked',
  ],
  [
    'deleted while perhaps suspended',
    { resource: resource({ ...deleted, annotations: { [suspend]: 'yes' } }) },
    'Blocked',
  ],
  ['a resource without our finalizer', { resource: resource({ finalizers: [] }) }, 'Unprotected'],
  ['a name that Helm refuses', { resource: resource({ name: longName }), release: undefined }, 'Blocked'],
  [
    'a name that Helm refuses, being deleted, whatever the chart may have outside',
    { entry: reaching, resource: resource({ ...deleted, name: longName }, { inventory }), release: undefined },
    'Released',
  ],
  ['a terminating namespace', { isNamespaceTerminating: true, release: undefined }, 'Blocked'],
  ['missing values', { desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'no Secret' } }, 'Blocked'],
  [
    'an annotation that cannot be read',
    { resource: resource({ annotations: { 'helm.velotio.com/timeout': 'soon' } }) },
    'Blocked',
  ],

  [
    'the release whose upgrade failed for good is gone',
    { release: undefined, failure: failure({ isTerminal: true, count: 4 }) },
    'Absent',
  ],
  ['a failure whose retry is not due', { release: undefined, failure: failure({ action: 'install' }) }, 'Backoff'],
  ['a failure whose retry is due', { release: undefined, failure: failure({ retryAtMs: now }) }, 'Absent'],
  ['a failure of what is no longer desired', { release: undefined, failure: failure({ digest: 'x' }) }, 'Absent'],
  [
    'a failure that no retry can help',
    { release: undefined, failure: failure({ action: 'install', isTerminal: true, retryAtMs: 0 }) },
    'Exhausted',
  ],
  [
    'no tries left',
    { release: undefined, failure: failure({ action: 'install', count: 4, retryAtMs: 0 }) },
    'Exhausted',
  ],
  [
    'no tries left, but a new request to try',
    { release: undefined, resource: resource(forced), failure: failure({ count: 4, retryAtMs: 0 }) },
    'Absent',
  ],
  ['what failed is deployed all the same', { failure: failure({ count: 9, isTerminal: true }) }, 'InSync'],

  [
    'a failed upgrade with an earlier good revision',
    { release: failed, resource: resource({}, at(1)), failure: failure() },
    'Broken',
  ],
  [
    'a failed upgrade of which only the API server is to blame, and the retry is not due',
    { release: failed, resource: resource({}, at(1)), failure: failure({ isPassing: true, count: 0 }) },
    'Backoff',
  ],
  [
    'the same, and it is due',
    { release: failed, resource: resource({}, at(1)), failure: failure({ isPassing: true, count: 0, retryAtMs: now }) },
    'Failed',
  ],
  [
    'a first install of which only the API server is to blame is not removed',
    {
      entry: uninstallFirst,
      release: release({ status: 'failed' }),
      failure: failure({ action: 'install', isPassing: true, count: 0 }),
    },
    'Backoff',
  ],
  [
    'the last failed upgrade of all',
    { release: failed, resource: resource({}, at(1)), failure: failure({ count: 4 }) },
    'Broken',
  ],
  [
    'a failed upgrade that no retry can help',
    { release: failed, resource: resource({}, at(1)), failure: failure({ isTerminal: true }) },
    'Broken',
  ],
  [
    'a failed upgrade, and nobody noted what the earlier revision consists of',
    { release: failed, failure: failure() },
    'Backoff',
  ],
  ['a failed upgrade, without remediation', { entry: noRollback, release: failed, failure: failure() }, 'Backoff'],
  [
    'a failed upgrade, and going back failed too',
    { release: failed, failure: failure({ action: 'rollback' }) },
    'Backoff',
  ],
  [
    'a failed upgrade, gone back, and the next try is due',
    { release: rolledBack, resource: resource({}, at(3)), failure: failure({ retryAtMs: now }) },
    'OutOfDate',
  ],
  [
    'a failed upgrade, gone back, and no tries left',
    { release: rolledBack, resource: resource({}, at(3)), failure: failure({ count: 4 }) },
    'Exhausted',
  ],
  [
    'a failed first install',
    { release: release({ status: 'failed' }), failure: failure({ action: 'install' }) },
    'Backoff',
  ],
  [
    'a failed first install, to be removed',
    { entry: uninstallFirst, release: release({ status: 'failed' }), failure: failure({ action: 'install' }) },
    'NeverDeployed',
  ],
  [
    'the last failed first install stays for inspection',
    {
      entry: uninstallFirst,
      release: release({ status: 'failed' }),
      failure: failure({ action: 'install', count: 4 }),
    },
    'Exhausted',
  ],
  [
    'a failed install of what was deployed once is not removed',
    {
      entry: uninstallFirst,
      release: release({ status: 'failed' }),
      resource: resource({}, { history: [snapshot(1)] }),
      failure: failure({ action: 'install' }),
    },
    'Backoff',
  ],

  ['deleted, with our release', { resource: resource(deleted) }, 'Deleting'],
  [
    'deleted, with our failed release',
    { resource: resource(deleted), release: release({ status: 'failed' }) },
    'Deleting',
  ],
  [
    'deleted, and another helm holds the release',
    { resource: resource(deleted), release: release({ status: 'pending-upgrade' }) },
    'Locked',
  ],
  [
    'deleted, and a dead helm left it locked',
    { resource: resource(deleted), release: release({ status: 'pending-install', holder: 'dead' }) },
    'Deleting',
  ],
  [
    'deleted, and an uninstall was cut short',
    { resource: resource(deleted), release: release({ status: 'uninstalling' }) },
    'Deleting',
  ],
  ['deleted, without a release', { resource: resource(deleted), release: undefined }, 'Released'],
  [
    'deleted, without a release and an inventory, and its chart may render what outlives a namespace',
    { resource: resource(deleted), release: undefined, entry: reaching },
    'Orphaned',
  ],
  [
    'deleted with its namespace, without an inventory, and its chart may render what outlives it',
    { resource: resource(deleted), isNamespaceTerminating: true, entry: reaching },
    'Orphaned',
  ],
  [
    'deleted, without a release, and objects of it are known',
    { resource: resource(deleted, { inventory }), release: undefined },
    'Orphaned',
  ],
  [
    'deleted, in a namespace that is being deleted',
    { resource: resource(deleted, { inventory }), isNamespaceTerminating: true },
    'Orphaned',
  ],
  [
    'deleted, with a request that asked for an upgrade',
    { resource: resource({ ...deleted, ...forced }, { inventory }) },
    'Deleting',
  ],
  [
    'deleted, and objects are still going',
    { resource: resource(deleted), release: undefined, leftovers: ['Deployment/a'] },
    'Lingering',
  ],
  ['deleted, with a foreign release', { resource: resource(deleted, { inventory }), release: byHand }, 'Released'],
  [
    'deleted, with a foreign release of the revision that our status names',
    { resource: resource(deleted, { ...at(1), inventory }), release: byHand, namedDoubt: 'its content is another' },
    'Released',
  ],
  [
    'deleted, with the revision that our status names, which lost its label',
    { resource: resource(deleted, { ...at(1), inventory }), release: byHand },
    'Deleting',
  ],
  ['deleted, without our finalizer', { resource: resource({ ...deleted, finalizers: ['other'] }) }, 'Gone'],
  [
    'deleted, with operator-sdk’s finalizer alone and its release',
    { resource: resource({ ...deleted, finalizers: [sdkFinalizer] }), release: byHand, isSdkOwned: true },
    'Inherited',
  ],
  [
    'deleted, with operator-sdk’s finalizer alone, and the release is taken over',
    {
      resource: resource({ ...deleted, finalizers: [sdkFinalizer] }, at(1)),
      release: release({ digestLabel: undefined }),
    },
    'Deleting',
  ],
  [
    'deleted, with operator-sdk’s first finalizer alone, and no release',
    { resource: resource({ ...deleted, finalizers: ['uninstall-helm-release'] }), release: undefined },
    'Released',
  ],
  [
    'deleted, with operator-sdk’s finalizer alone, and a release that is not proved to be its',
    {
      resource: resource({ ...deleted, finalizers: [sdkFinalizer] }),
      release: byHand,
      sdkDoubt: 'ConfigMap/shop is not marked',
    },
    'Foreign',
  ],
  [
    'deleted, with both finalizers, and a release that is not proved to be operator-sdk’s',
    { resource: resource({ ...deleted, finalizers: [ours, sdkFinalizer] }), release: byHand, sdkDoubt: 'no mark' },
    'Released',
  ],
  [
    'deleted, with operator-sdk’s finalizer alone, and no longer selected',
    { resource: resource({ ...deleted, finalizers: [sdkFinalizer] }), release: byHand, isSelected: false },
    'Gone',
  ],
  ['deleted while suspended', { resource: resource({ ...deleted, ...suspended }) }, 'Suspended'],
  ['deleted and no longer selected', { resource: resource(deleted), isSelected: false }, 'Deleting'],
  [
    'deleted, without known values',
    { resource: resource(deleted), desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'x' } },
    'Deleting',
  ],
  [
    'deleted, with an annotation that cannot be read',
    { resource: resource({ ...deleted, annotations: { 'helm.velotio.com/timeout': 'soon' } }) },
    'Deleting',
  ],
  [
    'deleted, the uninstall failed and is not due',
    { resource: resource(deleted), failure: failure({ action: 'uninstall' }) },
    'Backoff',
  ],
  [
    'deleted, the uninstall failed and is due',
    { resource: resource(deleted), failure: failure({ action: 'uninstall', retryAtMs: now }) },
    'Deleting',
  ],
  [
    'deleted, the uninstall failed, and a new request to do without',
    { resource: resource({ ...deleted, ...forced }, { inventory }), failure: failure({ action: 'uninstall' }) },
    'Orphaned',
  ],
  [
    'the same, and the status does not know what the release consists of',
    { resource: resource({ ...deleted, ...forced }), failure: failure({ action: 'uninstall' }) },
    'Orphaned',
  ],
  [
    'deleted after an upgrade failed for good',
    { resource: resource(deleted), failure: failure({ isTerminal: true }) },
    'Deleting',
  ],
];

describe('decide', () => {
  test.each(cases)('%s', (_situation, observed, state) => {
    const decision = decide(observation(observed), now);
    expect(decision).toMatchObject({ state, action: states[state].action });
    expect(decision.message).not.toBe('');
  });

  test.each(Object.entries(examples))('%s has an example', (state, example) => {
    expect(decide(example, now).state).toBe(state);
  });

  test('looks again when the retry of a failure is due, not before', () => {
    expect(
      decide(observation({ failure: failure({ action: 'install' }), release: undefined }), now).requeueAfterMs,
    ).toBe(60_000);
  });

  test('says what stays deployed until then', () => {
    const decision = decide(
      observation({ release: rolledBack, resource: resource({}, at(3)), failure: failure() }),
      now,
    );
    expect(decision).toMatchObject({ state: 'Backoff', message: 'helm said no. Revision 3 stays deployed.' });
  });

  test('looks again when a lock is over at the latest', () => {
    const held = release({ status: 'pending-upgrade', touchedAtMs: now - 60_000 });
    expect(decide(observation({ release: held }), now).requeueAfterMs).toBe(300_000);
  });

  test('says which record tells of the lock, until when at the latest, and how to say that it is none', () => {
    const message = (held: Observation['release']) => decide(observation({ release: held }), now).message;
    expect(message({ ...theirs, touchedAtMs: now })).toBe(
      'release alice/shop is pending-upgrade: another helm holds it (Secret alice/sh.helm.release.v1.shop.v2), ' +
        'until 2026-01-01T00:06:00Z at the latest. If no helm is at work on it: helm.velotio.com/force-requested-at.',
    );
    const byUs = message(release({ status: 'pending-upgrade', touchedAtMs: now }));
    expect(byUs).toBe(
      'release alice/shop is pending-upgrade: another helm holds it (Secret alice/sh.helm.release.v1.shop.v1), ' +
        'until 2026-01-01T00:06:00Z at the latest',
    );
  });

  test('looks every few seconds whether a process of this machine lives on: nothing would tell', () => {
    const held = release({ status: 'pending-upgrade', holder: 'alive' });
    expect(decide(observation({ release: held }), now).requeueAfterMs).toBe(5_000);
  });

  test('names the other owner of a release', () => {
    const decision = decide(observation({ release: release({ owner: 'Library.velotio.com' }) }), now);
    expect(decision.message).toContain('alice/shop');
    expect(decision.message).toContain('Library.velotio.com');
  });

  test('says why a release is not taken for operator-sdk’s, and how to say that it is', () => {
    const decision = decide(
      observation({ release: byHand, resource: heldBySdk, sdkDoubt: 'ConfigMap/shop is not marked' }),
      now,
    );
    expect(decision.message).toContain('ConfigMap/shop is not marked');
    expect(decision.message).toContain(
      'kubectl -n alice label secret sh.helm.release.v1.shop.v1 helm.velotio.com/owner=BookStore.velotio.com',
    );
    expect(decision.requeueAfterMs).toBe(300_000);
  });

  test('says how often it tried before it gave up, and what is deployed', () => {
    const decision = decide(
      observation({ release: rolledBack, resource: resource({}, at(3)), failure: failure({ count: 4, retryAtMs: 0 }) }),
      now,
    );
    expect(decision.reason).toBe('RetriesExhausted');
    expect(decision.message).toContain('4 failures');
    expect(decision.message).toContain('Revision 3 stays deployed');
    expect(decision.requeueAfterMs).toBeUndefined();
  });

  test('goes back to the revision that was ready, where it is still stored', () => {
    const release5 = release({ revision: 5, status: 'failed', digestLabel: label(5), good: [4, 2, 1] });
    const back = (readyRevision?: number) =>
      decide(
        observation({
          release: release5,
          resource: resource(
            {},
            at(4, { history: [snapshot(2)], ...(readyRevision === undefined ? {} : { readyRevision }) }),
          ),
          failure: failure(),
        }),
        now,
      ).toRevision;
    expect([back(), back(2), back(3)]).toEqual([4, 2, 2]);
    // stored, and called ready, but not noted; what came after it was never ready
    expect(back(1)).toBeUndefined();
  });

  describe('a lock that a dead helm left', () => {
    const dead = { status: 'pending-upgrade', holder: 'dead', revision: 2 } as const;
    test.each([
      ['goes back to the last good revision', { ...dead, good: [1] }, undefined, 1],
      [
        'is marked as failed where there is none',
        { ...dead, status: 'pending-install', good: [] },
        undefined,
        undefined,
      ],
      [
        'is marked as failed where going back failed',
        { ...dead, good: [1] },
        failure({ action: 'rollback', retryAtMs: 0 }),
        undefined,
      ],
      [
        'of an uninstall goes back to nothing',
        { ...dead, status: 'uninstalling', touchedAtMs: 0, good: [1] },
        undefined,
        undefined,
      ],
    ] as const)('%s', (_what, changes, remembered, toRevision) => {
      const decision = decide(
        observation({ release: release(changes), resource: resource({}, at(1)), failure: remembered }),
        now,
      );
      expect(decision.state).toBe('Abandoned');
      expect(decision.toRevision).toBe(toRevision);
    });
  });

  describe('of workloads that are not ready', () => {
    const workloads = { state: 'progressing', message: 'Deployment shop: 0 of 1 pods are available' } as const;
    const ago = (ms: number): string => new Date(now - ms).toISOString();
    const since = (ms: number): WatchedStatus => ({
      release: { ...snapshot(1), lastDeployed: ago(ms) },
      unreadySince: ago(ms),
    });
    const look = (status: WatchedStatus, changes: Partial<Observation> = {}) =>
      decide(observation({ workloads, resource: resource({}, status), ...changes }), now);

    test('waits until the time for it is over', () => {
      const decision = look(since(100_000));
      expect(decision).toMatchObject({ state: 'Progressing', reason: 'WorkloadsProgressing', requeueAfterMs: 200_000 });
      expect(decision.message).toBe(workloads.message);
    });

    test('says of a workload that has failed by its own account that it has', () => {
      const decision = look(since(100_000), { workloads: { ...workloads, state: 'failed' } });
      expect(decision).toMatchObject({ state: 'Progressing', reason: 'WorkloadsFailed', requeueAfterMs: 200_000 });
    });

    test('looks at the pods sooner where they may say more', () => {
      const decision = look(since(100_000), { workloads: { ...workloads, lookAgainMs: 4_000 } });
      expect(decision.requeueAfterMs).toBe(4_000);
    });

    test('says so when the time is over', () => {
      const decision = look(since(400_000));
      expect(decision).toMatchObject({ state: 'Progressing', action: 'none', reason: 'ReadyTimeout' });
      expect(decision.requeueAfterMs).toBeUndefined();
    });

    test('gives a release that was ready before the whole time again', () => {
      const { unreadySince: _since, ...ready } = since(4_000_000);
      expect(look(ready)).toMatchObject({ reason: 'WorkloadsProgressing', requeueAfterMs: 300_000 });
    });

    const composed = (before: WatchedStatus, revision: number): WatchedStatus =>
      composeStatus({
        resource: resource({}, before),
        verdict: { ready: 'False', reason: 'WorkloadsProgressing', message: '', phase: 'working' },
        release: { ...snapshot(revision, revision === 8 ? digest : other), lastDeployed: new Date(now).toISOString() },
        nowMs: now,
      });

    describe('after an upgrade', () => {
      const status = (changes: WatchedStatus = {}): WatchedStatus => ({
        ...since(400_000),
        release: { ...snapshot(2), lastDeployed: new Date(now - 400_000).toISOString() },
        history: [snapshot(1, other)],
        readyRevision: 1,
        ...changes,
      });
      const second = release({ revision: 2, digestLabel: label(2), good: [1] });

      test('goes back to the revision that was ready, however many were deployed after it', () => {
        let known: WatchedStatus = { ...composed({}, 1), readyRevision: 1 };
        for (let revision = 2; revision <= 8; revision += 1) known = composed(known, revision);
        const release8 = release({ revision: 8, digestLabel: label(8), good: [7, 6, 5, 4, 3, 2, 1] });
        const late = { resource: resource({}, known), release: release8, workloads };
        expect(decide(observation(late), now + 400_000)).toMatchObject({ state: 'Broken', toRevision: 1 });
        const refused = { ...late, release: { ...release8, revision: 9, status: 'failed', good: [8, 7, 1] } } as const;
        const failed = observation({ ...refused, failure: failure() });
        expect(decide(failed, now)).toMatchObject({ state: 'Broken', toRevision: 1 });
        // helm has thrown it away
        const gone = observation({ ...failed, release: { ...refused.release, good: [8, 7] } });
        expect(decide(gone, now)).toMatchObject({ state: 'Backoff' });
      });

      test.each<[string, Partial<Observation>, State, number | undefined]>([
        ['goes back to the revision that was ready', { resource: resource({}, status()) }, 'Broken', 1],
        [
          'stays where remediation is off',
          { entry: noRollback, resource: resource({}, status()) },
          'Progressing',
          undefined,
        ],
        [
          'stays where it was ready once',
          { resource: resource({}, status({ readyRevision: 2 })) },
          'Progressing',
          undefined,
        ],
        [
          'stays where nothing was ever ready',
          { resource: resource({}, { ...status(), readyRevision: 0 }) },
          'Progressing',
          undefined,
        ],
        [
          'stays where the earlier one has the same content',
          { resource: resource({}, status({ history: [snapshot(1)] })) },
          'Progressing',
          undefined,
        ],
        [
          'stays where going back has failed',
          { resource: resource({}, status()), failure: failure({ action: 'rollback', revision: 2, retryAtMs: 0 }) },
          'Progressing',
          undefined,
        ],
        [
          'goes back again where only the one before could not be gone back from',
          { resource: resource({}, status()), failure: failure({ action: 'rollback', revision: 1, retryAtMs: 0 }) },
          'Broken',
          1,
        ],
        [
          'waits where the API server was away while going back',
          { resource: resource({}, status()), failure: failure({ action: 'rollback', revision: 2, isPassing: true }) },
          'Backoff',
          undefined,
        ],
        [
          'goes back where that wait is over',
          {
            resource: resource({}, status()),
            failure: failure({ action: 'rollback', revision: 2, isPassing: true, retryAtMs: now }),
          },
          'Broken',
          1,
        ],
        [
          'stays where the earlier one is no longer stored',
          { resource: resource({}, status()), release: { ...second, good: [] } },
          'Progressing',
          undefined,
        ],
      ])('%s', (_what, changes, state, toRevision) => {
        const decision = decide(observation({ workloads, release: second, ...changes }), now);
        expect([decision.state, decision.toRevision]).toEqual([state, toRevision]);
      });
    });
  });
});

describe('whatever comes between', () => {
  const all = Object.entries(examples).flatMap(([state, example]) =>
    interruptions.map(({ name, happen, laterMs = 0 }) => {
      const observed = happen(example);
      return { name: `${state}: ${name}`, observed, decision: decide(observed, now + laterMs) };
    }),
  );
  const touching: readonly Action[] = [
    'adopt',
    'install',
    'upgrade',
    'rollback',
    'unlock',
    'remove',
    'uninstall',
    'sweep',
  ];

  test('a decision has the one action of its state, and says why', () => {
    for (const { name, decision } of all) {
      expect(decision.action, name).toBe(states[decision.state].action);
      expect(decision.message, name).not.toBe('');
    }
  });

  test('a release that is not ours is touched by nothing', () => {
    for (const { name, observed, decision } of all) {
      if (observed.release?.owner === 'Library.velotio.com') expect(touching, name).not.toContain(decision.action);
    }
  });

  test('a resource that is being deleted gets no new release', () => {
    for (const { name, observed, decision } of all) {
      if (observed.resource.metadata.deletionTimestamp === undefined) continue;
      expect(['install', 'upgrade', 'rollback', 'unlock', 'remove', 'addFinalizer'], name).not.toContain(
        decision.action,
      );
    }
  });

  test('nothing is done to what is suspended, or held by a helm that may live', () => {
    for (const { name, observed, decision } of all) {
      const { metadata, status } = observed.resource;
      const request = metadata.annotations?.['helm.velotio.com/force-requested-at'];
      const isDeclaredDead = request !== undefined && request !== status?.lastHandledForceAt;
      const isLocked = observed.release?.status === 'pending-upgrade' && observed.release.holder === 'unknown';
      const isHeld = isLocked && !isDeclaredDead && !name.endsWith('an hour passes');
      const isSuspended = metadata.annotations?.['helm.velotio.com/suspend'] === 'true';
      const isSwept = decision.action === 'sweep'; // a namespace that is going waits for no lock
      if ((isHeld && !isSwept) || isSuspended) expect(touching, name).not.toContain(decision.action);
    }
  });

  test('nothing is uninstalled of a resource that stays, unless it was never deployed', () => {
    for (const { name, observed, decision } of all) {
      if (observed.resource.metadata.deletionTimestamp !== undefined) continue;
      expect(['uninstall', 'sweep', 'removeFinalizer'], name).not.toContain(decision.action);
      if (decision.action === 'remove') expect(observed.release?.good, name).toEqual([]);
    }
  });
});

import { describe, expect, test } from 'vitest';
import type { ReleaseSnapshot, WatchedStatus } from '../../../../src/api/v1alpha1/watched-status.ts';
import { memoryOf } from '../../../../src/operator/decide/failure.ts';
import { composeStatus, isSameStatus, type Verdict } from '../../../../src/operator/status/status.ts';
import { failure, now, resource } from '../../../support/observations.ts';

const ready: Verdict = { ready: 'True', reason: 'WorkloadsReady', message: 'fine', phase: 'settled' };
const working: Verdict = { ready: 'False', reason: 'WorkloadsProgressing', message: 'wait', phase: 'working' };
const stuck: Verdict = { ready: 'False', reason: 'InvalidValues', message: 'bad', phase: 'stuck' };
const snapshot = (revision: number): ReleaseSnapshot => ({
  name: 'shop',
  namespace: 'alice',
  revision,
  status: 'deployed',
  chart: 'bookstore-0.1.0',
  digest: `d.${revision}`,
});
const types = (status: WatchedStatus) => (status.conditions ?? []).map(({ type, status: value }) => `${type}=${value}`);

describe('composeStatus', () => {
  test.each([
    ['settled', ready, ['Ready=True']],
    ['working', working, ['Ready=False', 'Reconciling=True']],
    ['stuck', stuck, ['Ready=False', 'Stalled=True']],
  ] as const)('%s: kstatus conditions are there only while they are true', (_phase, verdict, expected) => {
    expect(types(composeStatus({ resource: resource(), verdict, nowMs: now }))).toEqual(expected);
  });

  test('observedGeneration is the generation that was looked at', () => {
    const status = composeStatus({ resource: resource({ generation: 4 }), verdict: ready, nowMs: now });
    expect(status.observedGeneration).toBe(4);
    expect(status.conditions?.[0]?.observedGeneration).toBe(4);
  });

  test('lastTransitionTime moves with the status, not with the message', () => {
    const first = composeStatus({ resource: resource(), verdict: working, nowMs: now });
    const later = { resource: resource({}, first), nowMs: now + 60_000 };
    const same = composeStatus({ ...later, verdict: { ...working, message: 'still' } });
    const other = composeStatus({ ...later, verdict: ready });
    expect(same.conditions?.[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
    expect(other.conditions?.[0]?.lastTransitionTime).toBe('2026-01-01T00:01:00Z');
  });

  test('Deployed stays what it was when no helm call was made', () => {
    const deployed = { status: 'True', reason: 'InstallSucceeded', message: 'revision 1' } as const;
    const first = composeStatus({ resource: resource(), verdict: { ...working, deployed }, nowMs: now });
    const second = composeStatus({ resource: resource({}, first), verdict: ready, nowMs: now + 1 });
    expect(types(second)).toEqual(['Ready=True', 'Deployed=True']);
  });

  test('what is only carried over keeps the generation that it was about', () => {
    const deployed = { status: 'True', reason: 'InstallSucceeded', message: 'revision 1' } as const;
    const first = composeStatus({ resource: resource(), verdict: { ...ready, deployed }, nowMs: now });
    const later = resource({ generation: 2 }, first);
    const second = composeStatus({ resource: later, verdict: working, nowMs: now + 1 });
    expect(second.conditions?.map(({ type, observedGeneration }) => [type, observedGeneration])).toEqual([
      ['Ready', 2],
      ['Deployed', 1],
      ['Reconciling', 2],
    ]);
  });

  test('the status is about the generation that was decided on, laid on what was written meanwhile', () => {
    const meanwhile = composeStatus({ resource: resource(), verdict: working, nowMs: now });
    const status = composeStatus({
      resource: resource({ generation: 1 }),
      before: { ...meanwhile, observedGeneration: 1 },
      verdict: working,
      nowMs: now + 60_000,
    });
    expect(status.observedGeneration).toBe(1);
    expect(status.conditions?.[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
  });

  test('a release that was installed anew has no history but its own', () => {
    const before = { release: snapshot(3), history: [snapshot(2), snapshot(1)], readyRevision: 3 };
    const inputs = { resource: resource({}, before), verdict: working, nowMs: now };
    const again = composeStatus({ ...inputs, release: snapshot(1) });
    expect([again.history, again.readyRevision]).toEqual([undefined, undefined]);
    const later = composeStatus({ ...inputs, resource: resource({}, again), release: snapshot(2) });
    expect(later.history?.map(({ revision }) => revision)).toEqual([1]);
  });

  test('a new revision moves the earlier one into the bounded history', () => {
    let status: WatchedStatus = {};
    for (let revision = 1; revision <= 9; revision += 1) {
      const inputs = { resource: resource({}, status), verdict: ready, nowMs: now };
      status = composeStatus({ ...inputs, release: snapshot(revision) });
    }
    expect(status.release?.revision).toBe(9);
    expect(status.history?.map(({ revision }) => revision)).toEqual([8, 7, 6, 5, 4]);
    expect(status.history?.[0]).toMatchObject({ status: 'superseded' });
    expect(status.history?.[0]).not.toHaveProperty('name');
  });

  test('the last ready revision stays in the history, however many came after it', () => {
    let status = composeStatus({ resource: resource(), verdict: ready, release: snapshot(1), nowMs: now });
    for (let revision = 2; revision <= 9; revision += 1) {
      const inputs = { resource: resource({}, status), verdict: working, nowMs: now };
      status = composeStatus({ ...inputs, release: snapshot(revision) });
    }
    expect(status.history?.map(({ revision }) => revision)).toEqual([8, 7, 6, 5, 1]);
  });

  describe('since when workloads are not ready', () => {
    const hour = 3_600_000;
    const after = (...verdicts: readonly Verdict[]): string | undefined => {
      const compose = (before: WatchedStatus, verdict: Verdict, hours: number): WatchedStatus =>
        composeStatus({ resource: resource({}, before), verdict, release: snapshot(1), nowMs: now + hours * hour });
      return verdicts.reduce(compose, {}).unreadySince;
    };
    const of = (reason: Verdict['reason'], status: Verdict['ready'] = 'False'): Verdict => ({
      ...working,
      ready: status,
      reason,
    });

    test.each([
      ['is when they were first seen not to be', [ready, working, of('ReadyTimeout')], '2026-01-01T01:00:00Z'],
      ['outlasts what says nothing of them', [working, of('RollbackFailed'), working], '2026-01-01T00:00:00Z'],
      ['is not known while they are ready', [working, ready], undefined],
      ['begins anew after they were', [working, ready, working], '2026-01-01T02:00:00Z'],
      ['is not known while it is suspended', [working, of('Suspended', 'Unknown')], undefined],
      ['begins anew after that', [working, of('Suspended', 'Unknown'), working], '2026-01-01T02:00:00Z'],
      [
        'begins anew when values can be read again',
        [working, of('ValuesSourceFailed'), working],
        '2026-01-01T02:00:00Z',
      ],
    ] as const)('%s', (_what, verdicts, expected) => {
      expect(after(...verdicts)).toBe(expected);
    });
  });

  test('a message is bounded', () => {
    const verdict = { ...ready, message: 'x'.repeat(5_000) };
    const status = composeStatus({ resource: resource(), verdict, nowMs: now });
    expect(status.conditions?.[0]?.message).toHaveLength(1024);
  });

  test('failures are there only while there are any', () => {
    const inputs = { resource: resource(), verdict: ready, nowMs: now };
    expect(composeStatus({ ...inputs, failure: failure({ count: 2 }) })).toMatchObject({
      failures: 2,
      lastFailure: { action: 'upgrade', reason: 'UpgradeFailed', message: 'helm said no' },
    });
    const none = composeStatus({ ...inputs, resource: resource({}, { failures: 2 }) });
    expect(none).not.toHaveProperty('failures');
    expect(none).not.toHaveProperty('lastFailure');
  });

  test('a failure comes back from the status as it went in, but for when to try again', () => {
    const before = failure({ count: 2, forceRequest: 'now', isTerminal: true });
    const status = composeStatus({ resource: resource(), verdict: stuck, failure: before, nowMs: now });
    expect(memoryOf(status)).toEqual({ ...before, retryAtMs: before.atMs + 10_000 });
    expect(memoryOf({})).toBeUndefined();
  });

  test('the last ready revision is kept until another is ready', () => {
    const first = composeStatus({ resource: resource(), verdict: ready, release: snapshot(1), nowMs: now });
    const second = composeStatus({ resource: resource({}, first), verdict: working, release: snapshot(2), nowMs: now });
    const third = composeStatus({ resource: resource({}, second), verdict: ready, nowMs: now });
    expect([first, second, third].map(({ readyRevision }) => readyRevision)).toEqual([1, 1, 2]);
  });

  test('a forced pass is acknowledged when it is done', () => {
    const annotations = { 'helm.velotio.com/force-requested-at': 'now' };
    const inputs = { resource: resource({ annotations }), verdict: ready, nowMs: now };
    expect(composeStatus(inputs)).not.toHaveProperty('lastHandledForceAt');
    expect(composeStatus({ ...inputs, isForceHandled: true }).lastHandledForceAt).toBe('now');
  });

  test('a request to reconcile is acknowledged', () => {
    const annotations = { 'helm.velotio.com/reconcile-requested-at': 'now' };
    const status = composeStatus({ resource: resource({ annotations }), verdict: ready, nowMs: now });
    expect(status.lastHandledReconcileAt).toBe('now');
  });
});

describe('isSameStatus', () => {
  test('the order of keys does not matter', () => {
    expect(isSameStatus({ failures: 1, observedGeneration: 2 }, { observedGeneration: 2, failures: 1 })).toBe(true);
  });

  test.each([
    [undefined, {}],
    [{ failures: 1 }, {}],
    [{ failures: 1 }, { failures: 2 }],
  ])('%j is not %j', (a, b) => {
    expect(isSameStatus(a, b)).toBe(false);
  });
});

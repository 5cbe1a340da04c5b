// What follows a failure: said, gone back from, tried again, given up, and healed (DESIGN.md O11).
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { condition, eventually, type OperatorRun, startOperator, type Watched } from '../../support/operator-run.ts';
import type { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, helmHistory, makeNamespace, Whims, type WhimWorld } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';
import { withWhims } from '../../support/with-whims.ts';

const namespace = 'op-failure';
const kinds = {
  FailingWhim: { readyTimeout: '3s', remediation: { retries: 1 } },
  StubbornWhim: { remediation: { upgrade: 'none', retries: 1 } },
  TidyWhim: { remediation: { install: 'uninstall', retries: 1 } },
  HastyWhim: {},
  SeveredWhim: { readyTimeout: '4s' },
  ForgetfulWhim: { readyTimeout: '2s', maxHistory: 3, remediation: { retries: 1 } },
};
let world: WhimWorld<keyof typeof kinds>;
let whims: Whims;
let lab: ReleaseLab;

withWhims({ namespace, kinds }, (begun) => {
  ({ world, lab } = begun);
  whims = world.whims.FailingWhim;
});

const messageOf = ({ status }: Watched): string => condition(status, 'Ready')?.message ?? '';

describe.concurrent('an upgrade with an object that the API server refuses', () => {
  test('says which and what to do, goes back to the good revision, and waits for a correction', async () => {
    await whims.create('refused');
    await whims.ready('refused', 1);
    const stages = await whims.follow('refused');
    await whims.patch('refused', { spec: { refused: true, greeting: 'new' } });
    const stalled = await whims.until(
      'refused',
      'is Stalled',
      ({ status }) => condition(status, 'Stalled')?.status === 'True',
    );
    await eventually('it was seen to stall', () => Promise.resolve(stages.at(-1)?.includes('Stalled')));
    // where helm takes longer than a second, that is shown too
    const atRest = stages.filter((stage) => !/Ready=(Unknown|True)/.test(stage));
    expect([...new Set(atRest)]).toEqual([
      'Ready=False UpgradeFailed, Deployed=False UpgradeFailed, Reconciling=True UpgradeFailed',
      'Ready=False UpgradeFailed, Deployed=True RollbackSucceeded, Reconciling=True UpgradeFailed',
      'Ready=False UpgradeFailed, Deployed=True RollbackSucceeded, Stalled=True UpgradeFailed',
    ]);
    expect(messageOf(stalled)).toContain('spec.ports[0].port: Invalid value: 99999');
    expect(messageOf(stalled)).toContain('correct the values or the chart');
    expect(messageOf(stalled)).toContain('Revision 3 stays deployed');
    expect(stalled.status?.release?.revision).toBe(3);
    expect(await greetingOf(namespace, 'refused')).toBe('hello');
    expect(whims.verbs('refused')).toEqual(['install', 'upgrade', 'rollback']);
    await whims.event('refused', /^UpgradeFailed: .*99999/);
    await whims.event('refused', /^RolledBack: revision 3 has the content of revision 1/);

    await whims.patch('refused', { spec: { refused: false } });
    const healed = await whims.ready('refused', 4);
    expect(healed.status?.failures).toBeUndefined();
    expect(healed.status?.lastFailure).toBeUndefined();
    expect(await greetingOf(namespace, 'refused')).toBe('new');
  });
});

describe.concurrent('a failure that may pass', () => {
  test('a failing upgrade does not go back and forth without end: a few tries, then it waits for a change of the spec', async () => {
    await whims.create('hooked');
    await whims.ready('hooked', 1);
    const stages = await whims.follow('hooked');
    await whims.patch('hooked', { spec: { preUpgrade: 'fail' } });
    const first = await whims.until('hooked', 'has failed', ({ status }) => status?.failures === 1);
    const firstMs = Date.parse(first.status?.lastFailure?.time ?? '');
    const exhausted = await whims.reason('hooked', 'RetriesExhausted');
    expect(exhausted.status).toMatchObject({
      failures: 2,
      lastFailure: { action: 'upgrade', reason: 'UpgradeFailed' },
    });
    expect(Date.parse(exhausted.status?.lastFailure?.time ?? '') - firstMs).toBeGreaterThanOrEqual(2_000);
    expect(messageOf(exhausted)).toContain('no tries left after 2 failures');
    expect(messageOf(exhausted)).toContain("Look at the hook's Job");
    const last = 'Ready=False RetriesExhausted, Deployed=True RollbackSucceeded, Stalled=True RetriesExhausted';
    await eventually('it was seen to stall', () => Promise.resolve(stages.at(-1) === last));
    expect(stages.slice(0, -1).filter((stage) => stage.includes('Stalled'))).toEqual([]);
    expect(whims.verbs('hooked')).toEqual(['install', 'upgrade', 'rollback', 'upgrade', 'rollback']);

    await whims.patch('hooked', { spec: { preUpgrade: 'none', greeting: 'new' } });
    await whims.ready('hooked', 6);
    expect(await greetingOf(namespace, 'hooked')).toBe('new');
  });

  test('a resource whose tries are used up is not stuck: a request to try again is enough', async () => {
    await whims.create('kindless', { customKind: 'LateWhim' });
    const exhausted = await whims.reason('kindless', 'RetriesExhausted');
    expect(messageOf(exhausted)).toContain('Install the CustomResourceDefinition that the chart needs');
    expect(messageOf(exhausted)).toContain('helm.velotio.com/force-requested-at');
    const calls = whims.calls('kindless').length;
    await installWhims('LateWhim', { namespace });
    await whims.annotate('kindless', { 'reconcile-requested-at': 'now' });
    await whims.until('kindless', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    expect(whims.calls('kindless').length).toBe(calls);
    await whims.annotate('kindless', { 'force-requested-at': 'now' });
    expect((await whims.ready('kindless', 1)).status?.lastHandledForceAt).toBe('now');
  });

  test('of an upgrade is not gone back from where the entry says so', async () => {
    const stubborn = world.whims.StubbornWhim;
    await stubborn.create('stays');
    await stubborn.ready('stays', 1);
    await stubborn.patch('stays', { spec: { preUpgrade: 'fail' } });
    const exhausted = await stubborn.reason('stays', 'RetriesExhausted');
    expect(condition(exhausted.status, 'Deployed')).toMatchObject({ status: 'False', reason: 'UpgradeFailed' });
    expect(stubborn.verbs('stays')).toEqual(['install', 'upgrade', 'upgrade']);
    expect(await helmHistory(namespace, 'stays')).toEqual(['1 deployed', '2 failed', '3 failed']);
  });

  test('a release that was deployed once is never uninstalled because a try failed, a first install only where the entry says so', async () => {
    const tidy = world.whims.TidyWhim;
    await tidy.create('fresh', { preInstall: 'fail' });
    await tidy.reason('fresh', 'RetriesExhausted');
    expect(tidy.verbs('fresh')).toEqual(['install', 'uninstall', 'install']);
    expect(await helmHistory(namespace, 'fresh')).toEqual(['1 failed']);
    await tidy.patch('fresh', { spec: { preInstall: 'none' } });
    await tidy.ready('fresh', 2);
    // and what was deployed once is never uninstalled
    await tidy.patch('fresh', { spec: { preUpgrade: 'fail' } });
    await tidy.reason('fresh', 'RetriesExhausted');
    expect(tidy.verbs('fresh').slice(3)).toEqual(['upgrade', 'upgrade', 'rollback', 'upgrade', 'rollback']);
  });
});

describe.concurrent('values of the wrong type', () => {
  test('are told with their path after one helm call, and not tried again', async () => {
    await whims.create('typo', { greeting: 5 });
    const refused = await whims.reason('typo', 'InvalidValues');
    expect(messageOf(refused)).toMatch(/greeting/);
    expect(condition(refused.status, 'Stalled')).toMatchObject({ status: 'True' });
    await whims.annotate('typo', { 'reconcile-requested-at': 'now' });
    await whims.until('typo', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    expect(whims.verbs('typo')).toEqual(['install']);
  });
});

describe.concurrent('an upgrade that never becomes ready', () => {
  test('revisions do not pile up under an upgrade that never becomes ready: it goes back, gives up, and histories stay bounded', async () => {
    const forgetful = world.whims.ForgetfulWhim;
    await forgetful.create('crashes', { workload: 'good' });
    await forgetful.ready('crashes', 1);
    await forgetful.patch('crashes', { spec: { workload: 'crash-loop' } });
    const back = await forgetful.until('crashes', 'went back', ({ status }) => status?.release?.revision === 3);
    expect(condition(back.status, 'Deployed')).toMatchObject({ status: 'True', reason: 'RollbackSucceeded' });
    expect(back.status).toMatchObject({ failures: 1, readyRevision: 3, lastFailure: { action: 'ready' } });
    expect(condition(back.status, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadyTimeout' });
    expect(messageOf(back)).toContain('not ready within 2 s: Deployment crashes');
    await forgetful.event('crashes', /^RolledBack: revision 3 has the content of revision 1: not ready within 2 s/);
    const exhausted = await forgetful.reason('crashes', 'RetriesExhausted');
    expect(condition(exhausted.status, 'Stalled')).toMatchObject({ status: 'True' });
    expect(messageOf(exhausted)).toContain('Revision 5 stays deployed');
    expect(forgetful.verbs('crashes')).toEqual(['install', 'upgrade', 'rollback', 'upgrade', 'rollback']);
    expect(await helmHistory(namespace, 'crashes')).toEqual(['3 superseded', '4 superseded', '5 deployed']);
    expect(exhausted.status?.history?.map(({ revision }) => revision)).toEqual([4, 3, 2, 1]);
    const behaviour = ['-o', 'jsonpath={.spec.template.metadata.annotations}'];
    const template = await lab.kubectl('-n', namespace, 'get', 'deployment', 'crashes', ...behaviour);
    expect(template).not.toContain('crash-loop');

    for (const greeting of ['a', 'b', 'c']) {
      await forgetful.patch('crashes', { spec: { workload: 'good', greeting } });
      await eventually(`it says ${greeting}`, async () => (await greetingOf(namespace, 'crashes')) === greeting);
    }
    const { status } = await forgetful.ready('crashes');
    expect(status?.history).toHaveLength(5);
    expect(await helmHistory(namespace, 'crashes')).toHaveLength(3);
  });
});

describe.concurrent('many upgrades in a row of which none becomes ready', () => {
  test('are gone back from to the revision that was ready, and to none of them', async () => {
    const hasty = world.whims.HastyWhim;
    await hasty.create('hasty', { workload: 'good' });
    await hasty.ready('hasty', 1);
    for (let revision = 2; revision <= 8; revision += 1) {
      await hasty.patch('hasty', { spec: { workload: 'crash-loop', greeting: `attempt ${revision}` } });
      await hasty.until('hasty', `has revision ${revision}`, ({ status }) => status?.release?.revision === revision);
    }
    await hasty.patch('hasty', { spec: { refused: true } });
    await hasty.event('hasty', /^RolledBack: revision 10 has the content of revision 1/);
    expect(await greetingOf(namespace, 'hasty')).toBe('hello');
  });
});

describe.concurrent('a first install that never becomes ready', () => {
  test('is told by an Event, once, however often it is looked at', async () => {
    await whims.create('never', { workload: 'crash-loop' });
    await whims.reason('never', 'ReadyTimeout');
    expect(await whims.event('never', /^ReadyTimeout: /)).toContain('not ready within 3 s: Deployment never');
    await whims.annotate('never', { 'reconcile-requested-at': 'now' });
    await whims.until('never', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    expect((await whims.events('never')).filter((text) => text.startsWith('ReadyTimeout'))).toHaveLength(1);
    expect(await whims.events('never')).toContain('Installed: revision 1 of whim-0.1.0');
  });
});

describe.concurrent('a revision that somebody changed since', () => {
  test('is not gone back to; the next upgrade is tried all the same', async () => {
    await whims.create('changed');
    await whims.ready('changed', 1);
    await lab.forge(namespace, 'changed', (json) => json.replaceAll('hello', 'howdy'));
    await whims.patch('changed', { spec: { preUpgrade: 'fail', greeting: 'new' } });
    const failed = await whims.reason('changed', 'RollbackFailed');
    expect(messageOf(failed)).toContain('its record is not what was deployed then');
    await whims.patch('changed', { spec: { preUpgrade: 'none' } });
    await whims.ready('changed', 3);
    expect(await greetingOf(namespace, 'changed')).toBe('new');
    expect(whims.verbs('changed')).toEqual(['install', 'upgrade', 'upgrade']);
  });
});

describe.concurrent('a revision that never becomes ready, and cannot be gone back from', () => {
  test('is said to be, once, and left at that', async () => {
    await whims.create('cornered', { workload: 'good' });
    await whims.ready('cornered', 1);
    await lab.forge(namespace, 'cornered', (json) => json.replaceAll('hello', 'howdy'));
    await whims.patch('cornered', { spec: { workload: 'crash-loop' } });
    const stuck = await whims.until('cornered', 'is Stalled', ({ status }) => {
      return condition(status, 'Stalled')?.reason === 'ReadyTimeout';
    });
    expect(messageOf(stuck)).toContain('cannot go back to revision 1');
    expect(stuck.status?.failures).toBe(1);
    await whims.annotate('cornered', { 'reconcile-requested-at': 'now' });
    await whims.until('cornered', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    expect((await whims.get('cornered'))?.status?.failures).toBe(1);
    expect(whims.verbs('cornered')).toEqual(['install', 'upgrade']);
    await whims.patch('cornered', { spec: { workload: 'good' } });
    expect((await whims.ready('cornered', 3)).status?.failures).toBeUndefined();
  });
});

describe.concurrent('a way back whose manifest is not read', () => {
  test('is gone back to, and what is known of the release’s objects is not forgotten', async () => {
    await whims.create('ambiguous', { ambiguous: true });
    await whims.reason('ambiguous', 'InvalidChart');
    await whims.patch('ambiguous', { spec: { ambiguous: false, refused: true } });
    const back = await whims.until('ambiguous', 'has gone back', ({ status }) => status?.release?.revision === 3);
    expect(back.status?.inventory?.map(({ kind, name }) => `${kind}/${name}`)).toContain('ConfigMap/ambiguous');
    const stalled = await whims.until('ambiguous', 'is Stalled', ({ status }) => status?.failures === 1);
    expect(stalled.status?.inventory).toEqual(back.status?.inventory);
    expect(whims.verbs('ambiguous')).toEqual(['install', 'upgrade', 'rollback']);
  });
});

describe.concurrent('a way back whose record nobody can read', () => {
  /** How often a resource of the kind was looked at. */
  const passes = async (): Promise<number> => {
    const lines = (await world.operator.figures()).matchAll(/^\S+_reconcile_total\{kind="SeveredWhim[^}]*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  test('is no way back: the Secret is named, the revision counted once, and nothing runs hot', async () => {
    const severed = world.whims.SeveredWhim;
    await severed.create('severed', { workload: 'good' });
    await severed.ready('severed', 1);
    await severed.patch('severed', { spec: { workload: 'crash-loop' } });
    await severed.until('severed', 'is deployed', ({ status }) => status?.release?.revision === 2);
    await lab.garble(namespace, 'severed');
    const stuck = await severed.until('severed', 'is Stalled', ({ status }) => {
      return condition(status, 'Stalled')?.reason === 'ReadyTimeout';
    });
    expect(messageOf(stuck)).toContain(`Secret ${namespace}/sh.helm.release.v1.severed.v1 cannot be read`);
    const before = await passes();
    expect(before).toBeGreaterThan(0);
    await systemClock.sleep(3_000);
    expect((await passes()) - before).toBeLessThanOrEqual(3);
    expect((await severed.get('severed'))?.status).toMatchObject({
      failures: 1,
      lastFailure: { action: 'rollback', revision: 2 },
    });
    expect(severed.verbs('severed')).toEqual(['install', 'upgrade']);
    // helm passes over what it cannot read, and so do we
    await severed.patch('severed', { spec: { workload: 'good' } });
    await severed.ready('severed', 3);
  });
});

describe.concurrent('a restart of the operator', () => {
  test('forgets no failure, and no request that was obeyed', async () => {
    const place = 'op-failure-restart';
    await makeNamespace(place);
    const kind = await installWhims('RestartedWhim', { namespace: place });
    const entries = [await kind.entry({ remediation: { retries: 1 } })];
    const start = async (): Promise<[OperatorRun, Whims]> => {
      const operator = await startOperator({ namespace: place, entries });
      return [operator, new Whims(kind, { ...operator, namespace: place })];
    };
    const [first, before] = await start();
    await before.create('tries');
    await before.create('asked');
    await Promise.all([before.ready('tries', 1), before.ready('asked', 1)]);
    await before.annotate('asked', { 'force-requested-at': 'monday' });
    await before.patch('tries', { spec: { preUpgrade: 'fail' } });
    await before.ready('asked', 2);
    await before.until('tries', 'has failed', ({ status }) => status?.failures === 1);
    await first.stop();

    const [second, after] = await start();
    const exhausted = await after.reason('tries', 'RetriesExhausted');
    expect(messageOf(exhausted)).toContain('no tries left after 2 failures');
    expect(after.verbs('tries').filter((verb) => verb === 'upgrade')).toHaveLength(1);
    await after.annotate('asked', { 'reconcile-requested-at': 'now' });
    await after.until('asked', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    expect((await after.ready('asked')).status?.release?.revision).toBe(2);
    expect(after.calls('asked')).toEqual([]);
    await after.annotate('asked', { 'force-requested-at': 'tuesday' });
    await after.ready('asked', 3);
    await second.stop();
    await lab.kubectl('delete', 'namespace', place, '--wait=false');
  });
});

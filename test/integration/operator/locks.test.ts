// Releases that a helm left locked, dead or alive (DESIGN.md O8, O9).
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { helmProcess } from '../../support/helm-processes.ts';
import { startOperatorProcess } from '../../support/operator-process.ts';
import { condition, eventually, startOperator } from '../../support/operator-run.ts';
import type { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, helmHistory, makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims, whimChart } from '../../support/whims.ts';
import { withWhims } from '../../support/with-whims.ts';

const namespace = 'op-locks';
const fieldManager = 'test';
let whims: Whims;
let lab: ReleaseLab;

withWhims({ namespace, kinds: { LockWhim: {} } }, ({ world, lab: opened }) => {
  lab = opened;
  whims = world.whims.LockWhim;
});

/** Once helm has written that state into the record of a revision. */
const recordSays = (status: string, name: string, revision: number, place = namespace): Promise<KubeObject> =>
  eventually(`revision ${revision} of ${name} is ${status}`, async () => {
    const secret = { namespace: place, name: `sh.helm.release.v1.${name}.v${revision}`, isMetadataOnly: true };
    const found = await lab.client.find(CoreResources.secrets, secret);
    return found?.metadata.labels?.status === status && found;
  });

/** As if helm had written the record an hour ago. */
const makeOld = async (name: string, revision: number): Promise<void> => {
  const anHourAgo = String(Math.floor(Date.now() / 1000) - 3_600);
  const labels = { createdAt: anHourAgo, modifiedAt: anHourAgo };
  const secret = { namespace, name: `sh.helm.release.v1.${name}.v${revision}`, fieldManager };
  await lab.client.merge(CoreResources.secrets, { metadata: { labels } }, secret);
};

/** Somebody's helm, killed while its hook is at work. */
const killHelmOfSomebody = async (args: readonly string[], state: { status: string; revision: number }) => {
  const [, name = ''] = args;
  const helm = lab.startHelm(...args, '-n', namespace);
  const ended = helm.then(
    () => 'ended by itself',
    () => 'killed',
  );
  await recordSays(state.status, name, state.revision);
  helm.kill('SIGKILL');
  expect(await ended).toBe('killed');
};

describe.concurrent('an operator that is killed with its helm', () => {
  const place = 'op-locks-killed';

  test('a release is not stuck in pending after a crash: the next operator frees it at once, and goes on', async () => {
    await makeNamespace(place);
    const kind = await installWhims('KilledWhim', { namespace: place });
    const killed = new Whims(kind, { client: lab.client, namespace: place });
    const options = { namespace: place, watches: await kind.watches() };
    const first = await startOperatorProcess(options);
    await killed.create('installs', { preInstall: 'good', worksFor: '60s' });
    await killed.create('upgrades');
    await killed.create('uninstalls', { preDelete: 'good', worksFor: '8s' });
    await killed.create('goes-back', { preRollback: 'good', worksFor: '15s' });
    await Promise.all(['upgrades', 'uninstalls', 'goes-back'].map((name) => killed.ready(name)));
    await killed.patch('goes-back', { spec: { preUpgrade: 'fail', worksFor: '1s' } });
    await recordSays('pending-rollback', 'goes-back', 3, place);
    await killed.patch('upgrades', { spec: { preUpgrade: 'good', worksFor: '60s', greeting: 'new' } });
    await killed.delete('uninstalls');
    await Promise.all([
      recordSays('pending-install', 'installs', 1, place),
      recordSays('pending-upgrade', 'upgrades', 2, place),
      recordSays('uninstalling', 'uninstalls', 1, place),
    ]);
    await first.end('SIGKILL');
    await killed.patch('upgrades', { spec: { worksFor: '1s' } });
    await killed.patch('goes-back', { spec: { preUpgrade: 'none', greeting: 'new' } });

    const second = await startOperatorProcess(options);
    await Promise.all([killed.ready('installs', 2), killed.ready('upgrades', 4), killed.gone('uninstalls')]);
    expect(await helmHistory(place, 'installs')).toEqual(['1 superseded', '2 deployed']);
    expect(await helmHistory(place, 'upgrades')).toEqual(['1 superseded', '2 failed', '3 superseded', '4 deployed']);
    expect(await greetingOf(place, 'upgrades')).toBe('new');
    await killed.ready('goes-back', 5);
    expect(await helmHistory(place, 'goes-back')).toEqual([
      '1 superseded',
      '2 failed',
      '3 failed',
      '4 superseded',
      '5 deployed',
    ]);
    expect(await greetingOf(place, 'goes-back')).toBe('new');
    expect(await killed.event('goes-back', /^Unlocking: .*pending-rollback/)).toContain('helm is gone');
    expect(await killed.event('installs', /^Unlocking: /)).toContain('the operator that had started helm is gone');

    // and one that is told to stop finishes what its helm does
    await killed.create('drains', { preInstall: 'good', worksFor: '4s' });
    await recordSays('pending-install', 'drains', 1, place);
    expect(await second.end('SIGTERM')).toBe(0);
    await recordSays('deployed', 'drains', 1, place);
    expect((await killed.get('drains'))?.status?.release?.status).toBe('deployed');
    await lab.kubectl('delete', 'namespace', place, '--wait=false');
  });
});

describe.concurrent('a helm of another operator', () => {
  test('is left alone as long as that lives, and freed when it dies, though nothing tells', async () => {
    const place = 'op-locks-two';
    await makeNamespace(place);
    const kind = await installWhims('TwiceWhim', { namespace: place });
    const other = await startOperatorProcess({ namespace: place, watches: await kind.watches() });
    const begun = new Whims(kind, { client: lab.client, namespace: place });
    await begun.create('handed-over', { preInstall: 'good', worksFor: '60s' });
    await recordSays('pending-install', 'handed-over', 1, place);
    const operator = await startOperator({ namespace: place, entries: [await kind.entry()] });
    await begun.reason('handed-over', 'ReleaseLocked');
    expect(operator.helm.calls).toEqual([]);
    await other.end('SIGKILL');
    await begun.ready('handed-over', 2);
    await operator.stop();
    await lab.kubectl('delete', 'namespace', place, '--wait=false');
  });
});

describe.concurrent('a helm that is killed under a living operator', () => {
  test('a release is not stuck in pending after helm ran out of memory: an install is made again', async () => {
    await whims.create('first', { preInstall: 'good', worksFor: '60s' });
    await recordSays('pending-install', 'first', 1);
    process.kill(await helmProcess('install', 'first'), 'SIGKILL');
    const failed = await whims.until('first', 'has failed', ({ status }) => status?.failures === 1);
    expect(condition(failed.status, 'Stalled')).toBeUndefined();
    await whims.ready('first', 2);
    expect(await helmHistory(namespace, 'first')).toEqual(['1 superseded', '2 deployed']);
  });

  test('a release is not stuck in pending after helm ran out of memory: an upgrade goes back, and is made again', async () => {
    await whims.create('second');
    await whims.ready('second', 1);
    await whims.patch('second', { spec: { preUpgrade: 'good', worksFor: '8s', greeting: 'new' } });
    await recordSays('pending-upgrade', 'second', 2);
    process.kill(await helmProcess('upgrade', 'second'), 'SIGKILL');
    const back = await whims.until('second', 'went back', ({ status }) => status?.release?.revision === 3);
    expect(condition(back.status, 'Deployed')).toMatchObject({ status: 'True', reason: 'RollbackSucceeded' });
    expect(await greetingOf(namespace, 'second')).toBe('hello');
    await whims.ready('second', 4);
    expect(await greetingOf(namespace, 'second')).toBe('new');
    const history = ['1 superseded', '2 failed', '3 superseded', '4 deployed'];
    expect(await helmHistory(namespace, 'second')).toEqual(history);
    const marks = async (revision: number) => {
      const { 'helm.velotio.com/digest': digest } =
        (await lab.record(namespace, 'second', revision)).metadata.labels ?? {};
      return digest?.split('.')[1];
    };
    expect(await Promise.all([1, 2, 3, 4].map(marks))).toEqual(['1', '2', '3', '4']);
    expect(whims.verbs('second')).toEqual(['install', 'upgrade', 'rollback', 'upgrade']);
  });
});

describe.concurrent('a lock whose way back nobody can read', () => {
  test('is freed all the same: the Secret is named, the revision marked as failed, and the upgrade made again', async () => {
    await whims.create('severed');
    await whims.ready('severed', 1);
    await whims.patch('severed', { spec: { preUpgrade: 'good', worksFor: '5s', greeting: 'new' } });
    await recordSays('pending-upgrade', 'severed', 2);
    await lab.garble(namespace, 'severed');
    process.kill(await helmProcess('upgrade', 'severed'), 'SIGKILL');
    const said = await whims.reason('severed', 'RollbackFailed');
    expect(condition(said.status, 'Ready')?.message).toContain(
      `Secret ${namespace}/sh.helm.release.v1.severed.v1 cannot be read`,
    );
    await whims.ready('severed', 3);
    expect(await greetingOf(namespace, 'severed')).toBe('new');
    expect(whims.verbs('severed')).toEqual(['install', 'upgrade', 'upgrade']);
    expect(await helmHistory(namespace, 'severed')).toEqual(['2 superseded', '3 deployed']);
  });
});

describe.concurrent('a helm of somebody else', () => {
  test('that works is left alone until it ends, and what it did is put right then', async () => {
    await whims.create('outside');
    await whims.ready('outside', 1);
    const values = ['--set', 'preUpgrade=good,worksFor=6s,greeting=theirs'];
    const serverSide = ['--server-side=true', '--force-conflicts'];
    const theirs = lab.helm('upgrade', 'outside', whimChart, '-n', namespace, ...values, ...serverSide);
    await recordSays('pending-upgrade', 'outside', 2);
    const locked = await whims.reason('outside', 'ReleaseLocked');
    expect(condition(locked.status, 'Ready')?.message).toContain('another helm holds it');
    expect(whims.verbs('outside')).toEqual(['install']);
    await theirs;
    await whims.ready('outside', 3);
    expect(await greetingOf(namespace, 'outside')).toBe('hello');
    expect(whims.verbs('outside')).toEqual(['install', 'upgrade']);
    expect(await whims.event('outside', /^Upgraded: /)).toContain("somebody else's helm");
  });

  test('that installs is left alone, and its release is nobody’s business afterwards', async () => {
    const hook = ['--set', 'preInstall=good,worksFor=4s,greeting=theirs'];
    const theirs = lab.helm('install', 'foreign', whimChart, '-n', namespace, ...hook);
    await recordSays('pending-install', 'foreign', 1);
    await whims.create('foreign');
    await whims.reason('foreign', 'ForeignRelease');
    await theirs;
    await recordSays('deployed', 'foreign', 1);
    await whims.annotate('foreign', { 'reconcile-requested-at': 'now' });
    await whims.until('foreign', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    await whims.reason('foreign', 'ForeignRelease');
    expect(await greetingOf(namespace, 'foreign')).toBe('theirs');
    expect(whims.calls('foreign')).toEqual([]);
  });

  test('that died, nobody knows when, is waited for as long as helm may take, and a minute', async () => {
    await whims.create('stuck');
    await whims.ready('stuck', 1);
    const upgrade = ['upgrade', 'stuck', whimChart, '--set', 'preUpgrade=good,worksFor=60s,greeting=theirs'];
    await killHelmOfSomebody(upgrade, { status: 'pending-upgrade', revision: 2 });
    await whims.reason('stuck', 'ReleaseLocked');
    await whims.annotate('stuck', { 'reconcile-requested-at': 'now' });
    await whims.until('stuck', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    expect(whims.verbs('stuck')).toEqual(['install']);
    await makeOld('stuck', 2);
    await whims.ready('stuck', 3);
    expect(whims.verbs('stuck')).toEqual(['install', 'rollback']);
    expect(await whims.event('stuck', /^Unlocking: /)).toContain('nothing happened within its time limit of 300 s');
  });

  test('that says it begins in a thousand years holds the release no longer than any other, and not if somebody knows better', async () => {
    await whims.create('future');
    await whims.ready('future', 1);
    const forged = { revision: 2, manifest: '', status: 'pending-upgrade', labels: { modifiedAt: '99999999999' } };
    await lab.forgeNext(namespace, 'future', forged);
    const locked = await whims.reason('future', 'ReleaseLocked');
    const message = condition(locked.status, 'Ready')?.message ?? '';
    expect(message).toContain(`another helm holds it (Secret ${namespace}/sh.helm.release.v1.future.v2), until `);
    const untilMs = Date.parse(/until (\S+) at the latest/.exec(message)?.[1] ?? '');
    expect(untilMs - Date.now()).toBeLessThanOrEqual(360_000);
    await whims.annotate('future', { 'force-requested-at': 'now' });
    await whims.ready('future', 4);
    expect(whims.verbs('future')).toEqual(['install', 'rollback', 'upgrade']);
    expect(await whims.event('future', /^Unlocking: /)).toContain('it is declared dead');

    // nor is a deletion held up
    await lab.forgeNext(namespace, 'future', { ...forged, revision: 5 });
    await whims.reason('future', 'ReleaseLocked');
    await whims.delete('future');
    await whims.annotate('future', { 'force-requested-at': 'later' });
    await whims.gone('future');
  });

  test('that died and left a record that cannot be read: the Secret is named that has to go', async () => {
    await whims.create('garbled');
    await whims.ready('garbled', 1);
    const upgrade = ['upgrade', 'garbled', whimChart, '--set', 'preUpgrade=good,worksFor=60s'];
    await killHelmOfSomebody(upgrade, { status: 'pending-upgrade', revision: 2 });
    const secret = { namespace, name: 'sh.helm.release.v1.garbled.v2' };
    await lab.garble(namespace, 'garbled', 2);
    await makeOld('garbled', 2);
    const stuck = await whims.until('garbled', 'is Stalled', ({ status }) => {
      return condition(status, 'Stalled')?.reason === 'ReleaseLocked';
    });
    expect(condition(stuck.status, 'Ready')?.message).toContain(`delete Secret ${namespace}/${secret.name}`);
    await lab.client.delete(CoreResources.secrets, secret);
    await whims.ready('garbled', 1);
    expect(whims.verbs('garbled')).toEqual(['install']);
  });

  test('that died within an uninstall: it is uninstalled to the end, and installed anew', async () => {
    await whims.create('half-gone', { preDelete: 'good', worksFor: '3s' });
    await whims.ready('half-gone', 1);
    await killHelmOfSomebody(['uninstall', 'half-gone'], { status: 'uninstalling', revision: 1 });
    await whims.reason('half-gone', 'ReleaseLocked');
    const before = await recordSays('uninstalling', 'half-gone', 1);
    await makeOld('half-gone', 1);
    await eventually('it was installed anew', async () => {
      const { metadata } = await recordSays('deployed', 'half-gone', 1);
      return metadata.uid !== before.metadata.uid;
    });
    await whims.ready('half-gone', 1);
    expect(whims.verbs('half-gone')).toEqual(['install', 'uninstall', 'install']);
  });
});

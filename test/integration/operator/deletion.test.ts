// A deletion ends, whatever has become of chart, values, record, namespace (DESIGN.md O10).
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { condition, eventually } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';
import { greetingOf, startWhims, type Whims, type WhimWorld } from '../../support/whim-world.ts';
import { installWhims, whimChart } from '../../support/whims.ts';

const namespace = 'op-deletion';
const doomed = 'op-deletion-doomed';
const kinds = (chart: string) => ({
  DoomedWhim: {},
  ChartlessWhim: { chart },
  SourcedWhim: { valuesFrom: [{ kind: 'Secret', name: 'source' }] },
  ChosenWhim: { selector: { matchLabels: { chosen: 'yes' } } },
});
let world: WhimWorld<keyof ReturnType<typeof kinds>>;
let whims: Whims;
let lab: ReleaseLab;
let chart: string;

beforeAll(async () => {
  chart = join(await mkdtemp(join(testCluster().testRoot, 'chart-')), 'whim');
  await cp(whimChart, chart, { recursive: true });
  [world, lab] = await Promise.all([
    startWhims({ namespace, alsoIn: [doomed], kinds: kinds(chart) }),
    ReleaseLab.open(),
  ]);
  whims = world.whims.DoomedWhim;
});

afterAll(async () => {
  await world.stop();
  await lab[Symbol.asyncDispose]();
});

/** Nothing of the release is left, but for what a finalizer holds. */
const expectNothingLeft = async (name: string): Promise<void> => {
  expect(await lab.exists('secret', '-n', namespace, '-l', `owner=helm,name=${name}`)).toBe(false);
  await eventually(`the objects of ${name} are gone`, async () => {
    const kindsOf = 'configmaps,deployments,persistentvolumeclaims';
    const names = await lab.kubectl('get', kindsOf, '-n', namespace, '-o', 'name');
    return !names.split('\n').some((line) => line.endsWith(`/${name}`));
  });
};

const deletes = async (name: string, from = whims): Promise<void> => {
  await from.delete(name);
  await from.gone(name);
  await expectNothingLeft(name);
};

describe.concurrent('a deletion needs nothing but the release', () => {
  test('a resource can be deleted when its chart is missing', async () => {
    const chartless = world.whims.ChartlessWhim;
    await chartless.create('chartless');
    await chartless.ready('chartless');
    await rm(chart, { recursive: true });
    await deletes('chartless', chartless);
  });

  test('a resource can be deleted when its values are missing', async () => {
    const sourced = world.whims.SourcedWhim;
    await lab.kubectl('-n', namespace, 'create', 'secret', 'generic', 'source', '--from-literal=values.yaml={}');
    await sourced.create('sourced');
    await sourced.ready('sourced');
    await lab.kubectl('-n', namespace, 'delete', 'secret', 'source');
    await sourced.reason('sourced', 'ValuesSourceFailed');
    await deletes('sourced', sourced);
  });

  test('a resource can be deleted when an annotation cannot be read', async () => {
    await whims.create('unreadable');
    await whims.ready('unreadable');
    const sdk = 'helm.sdk.operatorframework.io/uninstall-wait';
    await whims.annotate('unreadable', { timeout: 'soon', drift: 'perhaps', [sdk]: 'please' });
    await whims.reason('unreadable', 'InvalidAnnotation');
    await deletes('unreadable');
  });

  test('a resource can be deleted when it has no spec', async () => {
    const { apiVersion, kind, metadata } = whims.kind.whim('specless');
    const file = join(await mkdtemp(join(testCluster().testRoot, 'specless-')), 'whim.json');
    await writeFile(file, JSON.stringify({ apiVersion, kind, metadata }));
    await lab.kubectl('apply', '-f', file);
    await whims.ready('specless');
    await whims.create('emptied', { greeting: 'new' });
    await whims.ready('emptied');
    await whims.patch('emptied', { spec: null });
    await eventually('the default is back', async () => (await greetingOf(namespace, 'emptied')) === 'hello');
    await Promise.all([deletes('specless'), deletes('emptied')]);
  });

  test('a resource can be deleted when it is no longer selected', async () => {
    const chosen = world.whims.ChosenWhim;
    await chosen.create('chosen', {}, { labels: { chosen: 'yes' } });
    await chosen.ready('chosen');
    await chosen.patch('chosen', { metadata: { labels: { chosen: 'no' } }, spec: { greeting: 'new' } });
    await deletes('chosen', chosen);
  });
});

describe.concurrent('a deletion of a release whose record is', () => {
  const damage = (name: string, data: Readonly<Record<string, string>>) =>
    lab.client.merge(
      CoreResources.secrets,
      { data: { release: null, ...data } },
      { namespace, name: `sh.helm.release.v1.${name}.v1`, fieldManager: 'test' },
    );

  test.for([
    ['garbage', { release: Buffer.from('H4sIgarbage').toString('base64') }],
    ['not gzip', { release: Buffer.from(Buffer.from('{"name": 5}').toString('base64')).toString('base64') }],
    ['empty', {}],
  ] as const)('%s goes by the inventory, and says so', async ([how, data]) => {
    const name = `damaged-${how.replace(' ', '-')}`;
    await whims.create(name, { workload: 'good' });
    await whims.ready(name);
    await damage(name, data);
    await deletes(name);
    await whims.event(name, /^Uninstalled: .*by its inventory, without hooks/);
    expect(whims.verbs(name)).toEqual(['upgrade']);
  });

  test('gone goes by the inventory too', async () => {
    await whims.create('recordless', { workload: 'good' });
    await whims.ready('recordless');
    await whims.annotate('recordless', { suspend: 'true' });
    await whims.reason('recordless', 'Suspended');
    await lab.kubectl('-n', namespace, 'delete', 'secret', 'sh.helm.release.v1.recordless.v1');
    await whims.delete('recordless');
    await whims.annotate('recordless', { suspend: null });
    await whims.gone('recordless');
    await expectNothingLeft('recordless');
    expect(whims.verbs('recordless')).toEqual(['upgrade']);
  });

  test('garbage, while the status is lost too, waits for somebody to say that it may go without', async () => {
    await whims.create('unknown');
    await whims.ready('unknown');
    await whims.annotate('unknown', { suspend: 'true' });
    await whims.reason('unknown', 'Suspended');
    await damage('unknown', {});
    await whims.patch('unknown', { status: null }, 'status');
    await whims.delete('unknown');
    await whims.annotate('unknown', { suspend: null });
    const stuck = await whims.reason('unknown', 'UninstallFailed');
    const message = condition(stuck.status, 'Ready')?.message;
    expect(message).toContain(`Restore Secret ${namespace}/sh.helm.release.v1.unknown.v1 from a backup, or delete it`);
    expect(message).not.toContain('who may write Secrets');
    expect(message).toContain('Annotated helm.velotio.com/force-requested-at, it goes without helm and without hooks');
    expect(message).toContain('objects in its namespace that no record tells of stay then');
    await whims.annotate('unknown', { 'force-requested-at': 'now' });
    await whims.gone('unknown');
    await whims.event('unknown', /^Uninstalled: .*which objects it has is not known/);
    expect(await lab.exists('secret', '-n', namespace, '-l', 'owner=helm,name=unknown')).toBe(false);
    await lab.kubectl('-n', namespace, 'delete', 'configmap', 'unknown');
  });

  test('garbage, while the status is lost too, is uninstalled by helm once that Secret is restored, as the message says', async () => {
    await whims.create('restored');
    await whims.ready('restored');
    await whims.annotate('restored', { suspend: 'true' });
    await whims.reason('restored', 'Suspended');
    const { data = {} } = await lab.record(namespace, 'restored');
    await damage('restored', {});
    await whims.patch('restored', { status: null }, 'status');
    await whims.delete('restored');
    await whims.annotate('restored', { suspend: null });
    const stuck = await whims.reason('restored', 'UninstallFailed');
    const secret = `Secret ${namespace}/sh.helm.release.v1.restored.v1`;
    expect(condition(stuck.status, 'Ready')?.message).toContain(`${secret} cannot be read`);
    await damage('restored', data);
    await whims.gone('restored');
    await expectNothingLeft('restored');
    expect(whims.verbs('restored')).toEqual(['upgrade', 'uninstall']);
  });
});

describe.concurrent('a deletion', () => {
  test('a finalizer is not stuck when the uninstall fails: it says why, and goes without hooks when asked to', async () => {
    await whims.create('hooked', { preDelete: 'fail' });
    await whims.ready('hooked');
    await whims.delete('hooked');
    const stuck = await whims.reason('hooked', 'UninstallFailed');
    expect(stuck.metadata.finalizers).toEqual(['helm.velotio.com/uninstall']);
    expect(condition(stuck.status, 'Ready')?.message).toContain('pre-delete');
    expect(condition(stuck.status, 'Ready')?.message).toContain('helm.velotio.com/force-requested-at');
    expect(condition(stuck.status, 'Reconciling')).toMatchObject({ status: 'True' });
    await whims.event('hooked', /^UninstallFailed: .*pre-delete/);
    await whims.until('hooked', 'was tried again', ({ status }) => status?.failures === 2);
    expect(await greetingOf(namespace, 'hooked')).toBe('hello');
    await whims.annotate('hooked', { 'force-requested-at': 'now' });
    await whims.gone('hooked');
    await expectNothingLeft('hooked');
    expect(whims.verbs('hooked')).toEqual(['upgrade', 'uninstall', 'uninstall']);
  });

  test('a delete hook that takes too long is named by helm itself', async () => {
    await whims.create(
      'dawdles',
      { preDelete: 'good', worksFor: '60s' },
      { annotations: { 'helm.velotio.com/timeout': '2s' } },
    );
    await whims.ready('dawdles');
    await whims.delete('dawdles');
    const stuck = await whims.reason('dawdles', 'UninstallFailed');
    expect(condition(stuck.status, 'Ready')?.message).toContain(`Job/${namespace}/dawdles-pre-delete not ready`);
    await whims.annotate('dawdles', { 'force-requested-at': 'now' });
    await whims.gone('dawdles');
  });

  test('no cluster-scoped object is orphaned when a namespace is deleted, and nothing hangs', async () => {
    const there = whims.in(doomed);
    await there.create('reaches-out', { clusterRole: true, workload: 'good' });
    await there.create('hangs-on', { preDelete: 'good', finalizer: false });
    await Promise.all([there.ready('reaches-out'), there.ready('hangs-on')]);
    expect(await lab.exists('clusterrole', `whim-${doomed}-reaches-out`)).toBe(true);
    await lab.kubectl('delete', 'namespace', doomed, '--wait=false');
    await eventually('the namespace is gone', async () => !(await lab.exists('namespace', doomed)));
    expect(await lab.exists('clusterrole', `whim-${doomed}-reaches-out`)).toBe(false);
  });

  test('of a release with an object of a kind that is gone', async () => {
    const child = await installWhims('ChildWhim', { namespace });
    await whims.create('parent', { customKind: child.kind });
    await whims.ready('parent');
    await lab.kubectl('delete', 'crd', `${child.resource.plural}.${child.resource.group}`);
    await deletes('parent');
  });

  test('at the same moment as a helm uninstall by hand', async () => {
    await whims.create('raced', { workload: 'good' });
    await whims.ready('raced');
    const byHand = lab.helm('uninstall', 'raced', '-n', namespace).catch(() => 'lost the race');
    await Promise.all([whims.delete('raced'), byHand]);
    await whims.gone('raced');
    await expectNothingLeft('raced');
  });

  test('waits while the resource is suspended, says so in an Event, and goes on afterwards', async () => {
    await whims.create('suspended');
    await whims.ready('suspended');
    await whims.annotate('suspended', { suspend: 'true' });
    await whims.delete('suspended');
    await whims.event('suspended', /^Suspended: it is being deleted, but suspended/);
    expect(await greetingOf(namespace, 'suspended')).toBe('hello');
    await whims.annotate('suspended', { suspend: null });
    await whims.gone('suspended');
    await expectNothingLeft('suspended');
  });

  test('a deletion can wait until the last object is gone (uninstall-wait), but for what the chart keeps', async () => {
    const annotations = { 'helm.sdk.operatorframework.io/uninstall-wait': 'true' };
    await whims.create('waits', { finalizer: true, claim: 'kept' }, { annotations });
    await whims.ready('waits');
    await whims.delete('waits');
    const waiting = await whims.reason('waits', 'WaitingForObjects');
    await whims.until('waits', 'names the object', ({ status }) =>
      (condition(status, 'Ready')?.message ?? '').includes('ConfigMap/waits'),
    );
    expect(waiting.metadata.finalizers).toEqual(['helm.velotio.com/uninstall']);
    await lab.kubectl('-n', namespace, 'patch', 'configmap', 'waits', '-p', '{"metadata":{"finalizers":null}}');
    await whims.gone('waits');
    expect(await lab.exists('pvc', '-n', namespace, 'waits')).toBe(true);
    expect((await whims.events('waits')).filter((text) => text.includes('without hooks'))).toEqual([]);
    await lab.kubectl('-n', namespace, 'delete', 'pvc', 'waits');
  });

  test('leaves what the chart keeps, also where it goes by the inventory', async () => {
    await whims.create('keeps', { claim: 'kept' });
    await whims.ready('keeps');
    const secret = { namespace, name: 'sh.helm.release.v1.keeps.v1', fieldManager: 'test' };
    await lab.client.merge(CoreResources.secrets, { data: { release: null } }, secret);
    await whims.delete('keeps');
    await whims.gone('keeps');
    expect(await lab.exists('pvc', '-n', namespace, 'keeps')).toBe(true);
    expect(await greetingOf(namespace, 'keeps')).toBeUndefined();
    await lab.kubectl('-n', namespace, 'delete', 'pvc', 'keeps');
  });

  test('does not wait for what is tried again: an install or an upgrade that fails', async () => {
    await whims.create('fails-first', { preInstall: 'fail' });
    await whims.create('fails-later');
    await whims.ready('fails-later');
    await whims.patch('fails-later', { spec: { preUpgrade: 'fail' } });
    for (const name of ['fails-first', 'fails-later']) {
      await whims.until(name, 'has failed', ({ status }) => status?.failures === 1);
    }
    await Promise.all([deletes('fails-first'), deletes('fails-later')]);
  });

  test('waits for the helm that works, and then uninstalls what it made', async () => {
    await whims.create('busy', { preInstall: 'good', worksFor: '3s' });
    await eventually('helm works', async () => lab.exists('job', '-n', namespace, 'busy-pre-install'));
    await whims.delete('busy');
    await whims.gone('busy');
    await expectNothingLeft('busy');
    expect(whims.verbs('busy')).toEqual(['upgrade', 'uninstall']);
  });
});

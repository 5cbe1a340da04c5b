// No object is orphaned, and no deletion gets stuck, because an object is not in the inventory: after failures and crashes
// (DESIGN.md O7, O10).
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/operator-run.ts';
import type { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, type Whims, type WhimWorld } from '../../support/whim-world.ts';
import { withWhims } from '../../support/with-whims.ts';

const namespace = 'op-orphans';
const doomed = ['op-orphans-first', 'op-orphans-later', 'op-orphans-crash'] as const;
const kinds = {
  LeftWhim: { remediation: { install: 'none', upgrade: 'none', retries: 3 } },
  ClearedWhim: { remediation: { install: 'uninstall', upgrade: 'rollback', retries: 3 } },
};
let world: WhimWorld<keyof typeof kinds>;
let whims: Whims;
let lab: ReleaseLab;

withWhims({ namespace, alsoIn: doomed, kinds }, (begun) => {
  ({ world, lab } = begun);
  whims = world.whims.LeftWhim;
});

const roleOf = (name: string, where: string = namespace): string => `whim-${where}-${name}`;
const hasRole = (name: string, where?: string): Promise<boolean> => lab.exists('clusterrole', roleOf(name, where));

/** Nothing that carries the release's marks, and no record. */
const expectNothingLeft = async (name: string, where: string = namespace): Promise<void> => {
  await eventually(`the objects of ${name} are gone`, async () => {
    const kindsOf = 'configmaps,services,deployments,persistentvolumeclaims';
    const names = await lab.kubectl('get', kindsOf, '-n', where, '-o', 'name');
    return !names.split('\n').some((line) => line.endsWith(`/${name}`));
  });
  expect(await hasRole(name, where)).toBe(false);
  expect(await lab.exists('secret', '-n', where, '-l', `owner=helm,name=${name}`)).toBe(false);
};

const deletes = async (name: string): Promise<void> => {
  await whims.delete(name);
  await whims.gone(name);
  await expectNothingLeft(name);
};

const hasFailed = (name: string, from = whims) =>
  from.until(name, 'has failed', ({ status }) => (status?.failures ?? 0) >= 1);

const suspend = async (name: string): Promise<void> => {
  await whims.annotate(name, { suspend: 'true' });
  await whims.reason(name, 'Suspended');
};

describe.concurrent('a cluster-scoped object', () => {
  test('of a first install that failed goes with the resource, and is in the inventory before that', async () => {
    await whims.create('first', { clusterRole: true, refused: true });
    const { status } = await hasFailed('first');
    expect(await hasRole('first')).toBe(true);
    expect(status?.inventory?.map(({ kind, name }) => `${kind}/${name}`)).toContain(`ClusterRole/${roleOf('first')}`);
    await deletes('first');
    await whims.event('first', /^Uninstalled: release op-orphans\/first is uninstalled$/);
    expect((await whims.events('first')).filter((text) => text.includes('forged'))).toEqual([]);
  });

  test('of an upgrade that failed goes with the resource', async () => {
    await whims.create('later');
    await whims.ready('later');
    await whims.patch('later', { spec: { clusterRole: true, refused: true } });
    await hasFailed('later');
    expect(await hasRole('later')).toBe(true);
    await deletes('later');
  });

  test('that only the revision before a failed upgrade had goes with the resource', async () => {
    await whims.create('former', { clusterRole: true, claim: 'plain' });
    await whims.ready('former');
    await whims.patch('former', { spec: { clusterRole: false, claim: 'none', preUpgrade: 'fail' } });
    await hasFailed('former');
    expect(await hasRole('former')).toBe(true);
    await deletes('former');
  });

  test('of an upgrade that failed goes with the next one that succeeds without it', async () => {
    await whims.create('mended', { claim: 'plain' });
    await whims.ready('mended');
    await whims.patch('mended', { spec: { clusterRole: true, refused: true } });
    await hasFailed('mended');
    expect(await hasRole('mended')).toBe(true);
    await whims.patch('mended', { spec: { clusterRole: false, refused: false, greeting: 'new' } });
    const { status } = await whims.ready('mended');
    expect(await hasRole('mended')).toBe(false);
    expect(status?.inventory?.map(({ kind }) => kind).toSorted()).toEqual(['ConfigMap', 'PersistentVolumeClaim']);
    expect(await lab.exists('pvc', '-n', namespace, 'mended')).toBe(true);
    await deletes('mended');
  });

  test('that may not be deleted after such an upgrade is told by an Event, and goes later', async () => {
    await whims.create('guarded');
    await whims.ready('guarded');
    await whims.patch('guarded', { spec: { clusterRole: true, refused: true } });
    await hasFailed('guarded');
    const role = roleOf('guarded');
    const guard = await lab.undeletable('clusterroles', role);
    await whims.patch('guarded', { spec: { clusterRole: false, refused: false, greeting: 'new' } });
    const { status } = await whims.ready('guarded');
    const said = await whims.event('guarded', /^PruneFailed: /);
    expect(said).toContain(
      `what earlier revisions had is left until the next upgrade: cannot delete ClusterRole/${role}`,
    );
    expect(status?.inventory?.map(({ kind }) => kind)).toContain('ClusterRole');
    expect(await hasRole('guarded')).toBe(true);
    await guard.remove();
    await whims.patch('guarded', { spec: { greeting: 'newer' } });
    await eventually('it is gone', async () => !(await hasRole('guarded')));
    await deletes('guarded');
  });

  test('of a release whose status was lost goes with the resource', async () => {
    await whims.create('forgotten', { clusterRole: true });
    await whims.ready('forgotten');
    await suspend('forgotten');
    await whims.patch('forgotten', { status: null }, 'status');
    await whims.delete('forgotten');
    await whims.annotate('forgotten', { suspend: null });
    await whims.gone('forgotten');
    await expectNothingLeft('forgotten');
  });

  test('of a first install that failed is no reason not to take that away before the next try', async () => {
    const cleared = world.whims.ClearedWhim;
    await cleared.create('cleared', { clusterRole: true, postInstall: 'fail' });
    await cleared.event('cleared', /^Uninstalled: what was left of the release is uninstalled/);
    await cleared.patch('cleared', { spec: { postInstall: 'none' } });
    const { status } = await cleared.ready('cleared', 1);
    expect(status?.inventory?.map(({ kind }) => kind).toSorted()).toEqual(['ClusterRole', 'ConfigMap']);
    expect(await hasRole('cleared')).toBe(true);
    await cleared.delete('cleared');
    await cleared.gone('cleared');
    await expectNothingLeft('cleared');
  });
});

/** As after a crash between the end of helm and the write of the status, or a restored backup. */
describe.concurrent('what the status does not know of', () => {
  test('because a crash came after an upgrade goes with the resource', async () => {
    await whims.create('behind', { claim: 'plain' });
    const { status: before } = await whims.ready('behind', 1);
    await whims.patch('behind', { spec: { clusterRole: true, claim: 'none' } });
    await whims.ready('behind', 2);
    await suspend('behind');
    await whims.patch('behind', { status: { ...before, history: null } }, 'status');
    await whims.delete('behind');
    await whims.annotate('behind', { suspend: null });
    await whims.gone('behind');
    await expectNothingLeft('behind');
    expect(whims.verbs('behind')).toEqual(['install', 'upgrade', 'uninstall']);
  });

  test('goes with the resource, without its delete hooks: whose they are is not known either', async () => {
    await whims.create('hooked', { clusterRole: true, service: true, preDelete: 'fail' });
    await whims.ready('hooked');
    await suspend('hooked');
    await whims.patch('hooked', { status: null }, 'status');
    await whims.delete('hooked');
    await whims.annotate('hooked', { suspend: null });
    await whims.gone('hooked');
    await expectNothingLeft('hooked');
    await whims.event('hooked', /^Uninstalled: .*without hooks: .*pre-delete hook/);
    expect(await lab.exists('job', '-n', namespace, 'hooked-pre-delete')).toBe(false);
  });

  test('does not hold up the resource either, where nothing ever came of the release', async () => {
    await whims.create('stillborn', { preInstall: 'fail', preDelete: 'good' });
    await whims.reason('stillborn', 'InstallFailed');
    await whims.delete('stillborn');
    await whims.gone('stillborn');
    await expectNothingLeft('stillborn');
    await whims.event('stillborn', /^Uninstalled: .*without hooks: it has no objects: .*pre-delete hook/);
    expect(await lab.exists('job', '-n', namespace, 'stillborn-pre-delete')).toBe(false);
  });

  test('goes with the resource, although records and inventory are lost', async () => {
    await whims.create('lost', { clusterRole: true });
    await whims.ready('lost');
    await suspend('lost');
    await lab.kubectl('-n', namespace, 'delete', 'secret', '-l', 'owner=helm,name=lost');
    await whims.patch('lost', { status: { inventory: null } }, 'status');
    await whims.delete('lost');
    await whims.annotate('lost', { suspend: null });
    await whims.gone('lost');
    expect(await hasRole('lost')).toBe(false);
    await whims.event('lost', /^Uninstalled: .*which objects it has is not known/);
    await lab.kubectl('-n', namespace, 'delete', 'configmap', 'lost');
  });

  test('stays where it is annotated so, or of another release, and the Event tells', async () => {
    await whims.create('keeper', { clusterRole: true });
    await whims.ready('keeper');
    await suspend('keeper');
    const annotate = (name: string, annotation: string) => lab.kubectl('annotate', 'clusterrole', name, annotation);
    await annotate(roleOf('keeper'), 'helm.sh/resource-policy=keep');
    await lab.kubectl('create', 'clusterrole', roleOf('keeper-other'), '--verb=get', '--resource=pods');
    await lab.kubectl('label', 'clusterrole', roleOf('keeper-other'), 'app.kubernetes.io/managed-by=Helm');
    await annotate(roleOf('keeper-other'), 'meta.helm.sh/release-name=keeper');
    await annotate(roleOf('keeper-other'), 'meta.helm.sh/release-namespace=elsewhere');
    await lab.kubectl('-n', namespace, 'delete', 'secret', '-l', 'owner=helm,name=keeper');
    await whims.delete('keeper');
    await whims.annotate('keeper', { suspend: null });
    await whims.gone('keeper');
    await whims.event('keeper', /^Uninstalled: .*Left: ClusterRole\/whim-op-orphans-keeper \(it is annotated/);
    expect(await greetingOf(namespace, 'keeper')).toBeUndefined();
    expect(await hasRole('keeper')).toBe(true);
    expect(await hasRole('keeper-other')).toBe(true);
    await lab.kubectl('delete', 'clusterrole', roleOf('keeper'), roleOf('keeper-other'));
  });
});

describe.concurrent('a namespace that is deleted', () => {
  const namespaceGoes = async (where: string): Promise<void> => {
    await lab.kubectl('delete', 'namespace', where, '--wait=false');
    await eventually(`namespace ${where} is gone`, async () => !(await lab.exists('namespace', where)));
  };

  test('while a first install fails leaves nothing behind', async () => {
    const [where] = doomed;
    const there = whims.in(where);
    await there.create('fails', { clusterRole: true, refused: true });
    await hasFailed('fails', there);
    expect(await hasRole('fails', where)).toBe(true);
    await namespaceGoes(where);
    expect(await hasRole('fails', where)).toBe(false);
  });

  test('while an upgrade fails leaves nothing behind', async () => {
    const [, where] = doomed;
    const there = whims.in(where);
    await there.create('fails');
    await there.ready('fails');
    await there.patch('fails', { spec: { clusterRole: true, refused: true } });
    await eventually('helm has made it', () => hasRole('fails', where));
    await namespaceGoes(where);
    expect(await hasRole('fails', where)).toBe(false);
  });

  test('after a crash that kept the objects out of the status leaves nothing behind', async () => {
    const [, , where] = doomed;
    const there = whims.in(where);
    await there.create('crashed', { clusterRole: true });
    await there.ready('crashed');
    await there.annotate('crashed', { suspend: 'true' });
    await there.reason('crashed', 'Suspended');
    await there.patch('crashed', { status: null }, 'status');
    await lab.kubectl('delete', 'namespace', where, '--wait=false');
    await eventually(
      'the records are gone',
      async () => !(await lab.exists('secret', '-n', where, '-l', 'owner=helm')),
    );
    await there.annotate('crashed', { suspend: null });
    await eventually(`namespace ${where} is gone`, async () => !(await lab.exists('namespace', where)));
    expect(await hasRole('crashed', where)).toBe(false);
  });
});

describe('a release with an object of a kind that its chart does not render any more', () => {
  test('is not said to be forged where the object carries its marks', async () => {
    await whims.create('moved-on');
    await whims.ready('moved-on');
    const role = `apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: ${roleOf('moved-on')}}\nvalue: 1\n`;
    const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: moved-on}\ndata: {greeting: hello}\n';
    await suspend('moved-on');
    const chart = await lab.chart(`${config}---\n${role}`);
    await lab.helm('upgrade', 'moved-on', chart, '-n', namespace, '--server-side=true', '--force-conflicts');
    await whims.delete('moved-on');
    await whims.annotate('moved-on', { suspend: null });
    await whims.gone('moved-on');
    const said = await whims.event('moved-on', /^Uninstalled: .*does not render any more/);
    expect(said).not.toContain('forged');
    await lab.kubectl('delete', 'priorityclass', roleOf('moved-on'));
  });
});

// Whose a release is, and whether its records are to be believed (DESIGN.md O6, O7).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { condition, eventually, type Watched } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, helmHistory, startWhims, type Whims, type WhimWorld } from '../../support/whim-world.ts';
import { whimChart } from '../../support/whims.ts';

const namespace = 'op-ownership';
const elsewhere = 'op-ownership-elsewhere';
const warn = { driftDetection: { mode: 'warn' } };
let world: WhimWorld<'OwnWhim' | 'RivalWhim' | 'WarnedWhim'>;
let own: Whims;
let rival: Whims;
let warned: Whims;
let lab: ReleaseLab;

beforeAll(async () => {
  [world, lab] = await Promise.all([
    startWhims({ namespace, kinds: { OwnWhim: {}, RivalWhim: {}, WarnedWhim: warn } }),
    ReleaseLab.open(),
  ]);
  ({ OwnWhim: own, RivalWhim: rival, WarnedWhim: warned } = world.whims);
  await lab.kubectl('create', 'namespace', elsewhere);
});

afterAll(async () => {
  await world.stop();
  await lab.kubectl('delete', 'namespace', elsewhere, '--wait=false');
  await lab.kubectl('delete', 'clusterrole,clusterrolebinding', '-l', `lab=${namespace}`);
  await lab[Symbol.asyncDispose]();
});

/** Somebody's helm makes another revision. */
const upgradeByHand = (name: string): Promise<string> => {
  const flags = ['--set', 'greeting=theirs', '--server-side=true', '--force-conflicts'];
  return lab.helm('upgrade', name, whimChart, '-n', namespace, ...flags);
};

/** Once the operator has looked at the resource after all that was done to it until now. */
const lookedAt = async (whims: Whims, name: string): Promise<Watched> => {
  const request = String(Math.random());
  await whims.annotate(name, { 'reconcile-requested-at': request });
  return whims.until(name, 'was looked at', ({ status }) => status?.lastHandledReconcileAt === request);
};

describe.concurrent('two kinds with resources of one name in one namespace', () => {
  test('two kinds do not collide in a release name: the second is told whose it is, and its deletion leaves the first alone', async () => {
    await own.create('twin', { greeting: 'of the first' });
    await own.ready('twin', 1);
    await rival.create('twin', { greeting: 'of the second' });
    const foreign = await rival.reason('twin', 'ForeignRelease');
    expect(condition(foreign.status, 'Ready')?.message).toContain('it belongs to a OwnWhim.test.velotio.com');
    expect(condition(foreign.status, 'Stalled')).toMatchObject({ status: 'True' });
    await rival.delete('twin');
    await rival.gone('twin');
    const kept = await lookedAt(own, 'twin');
    expect(kept.status?.release?.revision).toBe(1);
    expect(await greetingOf(namespace, 'twin')).toBe('of the first');
    expect(own.verbs('twin')).toEqual(['install']);
  });
});

describe('a helm call that has to wait for others', () => {
  test('is not made when somebody else installed meanwhile', async () => {
    const busy = ['busy-1', 'busy-2', 'busy-3', 'busy-4'];
    for (const name of busy) await own.create(name, { preInstall: 'good', worksFor: '4s' });
    await eventually('no helm is free', () => Promise.resolve(world.operator.helm.running === busy.length));
    await rival.create('queued', { greeting: 'of the second' });
    await eventually('it waits for helm', () => Promise.resolve(rival.calls('queued').length === 1));
    await lab.helm('install', 'queued', whimChart, '-n', namespace, '--set', 'greeting=theirs');
    await rival.reason('queued', 'ForeignRelease');
    expect(await greetingOf(namespace, 'queued')).toBe('theirs');
    expect(await helmHistory(namespace, 'queued')).toEqual(['1 deployed']);
    await Promise.all(busy.map((name) => own.ready(name)));
  });
});

describe.concurrent('a release that somebody else’s helm changed', () => {
  test('is left as it is where drift is only reported, until the resource asks for something else', async () => {
    await warned.create('told');
    await warned.ready('told', 1);
    await upgradeByHand('told');
    const told = await warned.until('told', 'is Drifted', ({ status }) => condition(status, 'Drifted') !== undefined);
    expect(condition(told.status, 'Drifted')).toMatchObject({ status: 'True', reason: 'ChangedOutside' });
    expect(condition(told.status, 'Ready')).toMatchObject({ status: 'True', reason: 'ChangedOutside' });
    await lookedAt(warned, 'told');
    expect(warned.verbs('told')).toEqual(['install']);
    expect(await greetingOf(namespace, 'told')).toBe('theirs');

    await warned.patch('told', { spec: { greeting: 'new' } });
    const healed = await warned.ready('told', 3);
    expect(condition(healed.status, 'Drifted')).toBeUndefined();
    expect(await greetingOf(namespace, 'told')).toBe('new');
  });

  test('is put right, or not, as the resource’s annotation says, whatever the entry says', async () => {
    await warned.create('righted', {}, { annotations: { 'helm.velotio.com/drift': 'enabled' } });
    await own.create('reported', {}, { annotations: { 'helm.velotio.com/drift': 'warn' } });
    await Promise.all([warned.ready('righted', 1), own.ready('reported', 1)]);
    await Promise.all([upgradeByHand('righted'), upgradeByHand('reported')]);
    await warned.ready('righted', 3);
    expect(await greetingOf(namespace, 'righted')).toBe('hello');
    await own.reason('reported', 'ChangedOutside');
    await own.annotate('reported', { drift: null });
    await own.ready('reported', 3);
    expect(await greetingOf(namespace, 'reported')).toBe('hello');
  });

  test('and lost our labels is known by the status, and gets them back', async () => {
    await own.create('stripped');
    await own.ready('stripped', 1);
    const secret = ['secret', 'sh.helm.release.v1.stripped.v1', '-n', namespace];
    await lab.kubectl('label', ...secret, 'helm.velotio.com/owner-', 'helm.velotio.com/digest-');
    await own.ready('stripped', 2);
    const { metadata } = await lab.record(namespace, 'stripped', 2);
    expect(metadata.labels?.['helm.velotio.com/owner']).toBe('OwnWhim.test.velotio.com');
  });
});

describe.concurrent('a resource that is restored from a backup', () => {
  test('knows its release by the records, without helm, although it lost uid, status and finalizer', async () => {
    await own.create('restored');
    const { metadata, status } = await own.ready('restored', 1);
    await own.annotate('restored', { suspend: 'true' }); // as if there were no operator
    await own.reason('restored', 'Suspended');
    await own.patch('restored', { metadata: { finalizers: [] } });
    await own.delete('restored');
    await own.gone('restored');
    await own.create('restored');
    const restored = await own.ready('restored', 1);
    expect(restored.metadata.uid).not.toBe(metadata.uid);
    expect(restored.metadata.finalizers).toEqual(['helm.velotio.com/uninstall']);
    expect(restored.status?.inventory).toEqual(status?.inventory);
    expect(own.verbs('restored')).toEqual(['install']);
  });
});

describe.concurrent('an object that another release has taken over', () => {
  test('survives the deletion of the resource', async () => {
    await own.create('robbed', { claim: 'plain' });
    await own.ready('robbed', 1);
    const chart = await lab.chart(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: robbed}\ndata: {greeting: mine}\n',
    );
    await lab.helm('install', 'robber', chart, '-n', namespace, '--take-ownership', '--force-conflicts');
    await own.delete('robbed');
    await own.gone('robbed');
    expect(await greetingOf(namespace, 'robbed')).toBe('mine');
    expect(await lab.exists('pvc', '-n', namespace, 'robbed')).toBe(false);
    await own.event('robbed', /^Uninstalled: .*without hooks: .* is of release "op-ownership\/robber" now/);
  });
});

/** Objects outside of the release's namespace: what a forged record is after. */
const victims = async (name: string): Promise<string> => {
  const config = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${elsewhere}}\n`;
  const metadata = `metadata: {name: ${namespace}-${name}, labels: {lab: ${namespace}}}`;
  const role = `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n${metadata}\nrules: []\n`;
  await lab.apply(`${config}---\n${role}`);
  const binding = `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n${metadata}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: default, namespace: ${namespace}}]\n`;
  return [config, role, binding].map((each) => `---\n${each}`).join('');
};

/** Nothing was deleted, and the binding was not made. */
const expectUntouched = async (name: string): Promise<void> => {
  expect(await lab.exists('configmap', '-n', elsewhere, name)).toBe(true);
  expect(await lab.exists('clusterrole', `${namespace}-${name}`)).toBe(true);
  expect(await lab.exists('clusterrolebinding', `${namespace}-${name}`)).toBe(false);
};

describe.concurrent('a forged revision of a release', () => {
  /** One that gives itself away, or one that claims to be made from what the resource asks for. */
  const forge = async (name: string, as: 'upgrade by hand' | 'revision of ours') => {
    const { metadata } = await lab.record(namespace, name, 1);
    const digest = (metadata.labels?.['helm.velotio.com/digest'] ?? '').replace(/\.1$/, '.2');
    const labels = as === 'revision of ours' ? { 'helm.velotio.com/digest': digest } : {};
    await lab.forgeNext(namespace, name, { revision: 2, manifest: await victims(name), labels });
  };

  test.for(['upgrade by hand', 'revision of ours'] as const)(
    'that looks like an %s: neither upgrade nor rollback nor uninstall touches what it names',
    async (as) => {
      const name = `forged-${as.length}`;
      await own.create(name, { claim: 'plain' });
      await own.ready(name, 1);
      await forge(name, as);
      if (as === 'revision of ours') await own.ready(name, 2);
      await own.patch(name, { spec: { greeting: 'new' } });
      const refused = await own.reason(name, 'UpgradeFailed');
      expect(condition(refused.status, 'Ready')?.message).toContain(`sh.helm.release.v1.${name}.v2`);
      await expectUntouched(name);

      await own.delete(name);
      await own.gone(name);
      await expectUntouched(name);
      expect(await greetingOf(namespace, name)).toBeUndefined();
      await own.event(name, /^Uninstalled: .*without hooks/);
      expect(await lab.exists('secret', '-n', namespace, '-l', `owner=helm,name=${name}`)).toBe(false);
    },
  );

  test('is not gone back to, although it was the last that was ready', async () => {
    await own.create('pit');
    await own.ready('pit', 1);
    await forge('pit', 'revision of ours');
    expect((await own.ready('pit', 2)).status?.readyRevision).toBe(2);
    const labels = { createdAt: '1', modifiedAt: '1' }; // long dead
    await lab.forgeNext(namespace, 'pit', { revision: 3, manifest: '', status: 'pending-upgrade', labels });
    await own.ready('pit', 4);
    expect(own.calls('pit').at(-1)?.slice(0, 3)).toEqual(['rollback', 'pit', '1']);
    expect(await greetingOf(namespace, 'pit')).toBe('hello');
    await expectUntouched('pit');
  });
});

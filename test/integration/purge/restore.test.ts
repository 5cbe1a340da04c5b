// What was purged comes back as it was, by the real API server and helm; and what must not be touched is not.
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Helm } from '../../../src/helm/process.ts';
import { LeaseLostError } from '../../../src/kube/leader-term.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { planRestore, runRestore } from '../../../src/purge/restore/restore-run.ts';
import { testCluster } from '../../support/test-context.ts';
import { clusterRole, configMap, endlessHook, hook, keptClaim, service } from '../../support/undo-charts.ts';
import { purgerRules, UndoWorld } from '../../support/undo-world.ts';

const cluster = testCluster();
let corner: UndoWorld;
beforeAll(async () => {
  corner = await UndoWorld.open('restore');
});
afterAll(async () => {
  await corner[Symbol.asyncDispose]();
});

const old = String(Math.floor(Date.now() / 1_000) - 86_400);
const refused = (code: string) => [expect.objectContaining({ result: 'refused', code, remedy: expect.any(String) })];
const restored = (newRevision: number) => [expect.objectContaining({ result: 'restored', newRevision })];

/** helm that is a script. */
async function shim(script: string): Promise<Helm> {
  const file = join(await mkdtemp(join(cluster.testRoot, 'shim-')), 'helm');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return new Helm({ binary: file, kubeconfig: cluster.kubeconfig, env: { PATH: cluster.path, HOME: '/nowhere' } });
}

describe('a release comes back as it was', () => {
  it.each<[string, string, readonly string[]]>([
    ['with a Service and a volume that was kept', configMap() + service + keptClaim, []],
    [
      'with hooks of every kind',
      configMap() + hook('pre-install') + hook('pre-delete') + hook('post-delete') + hook('post-rollback'),
      [],
    ],
    ['with values of its own', configMap(), ['--set', 'a=ü "\'{{ }}']],
    ['with labels of its own', configMap(), ['--labels', 'team=blue']],
    ['with an empty manifest', '', []],
  ])('%s', async (_name, template, args) => {
    const ns = await corner.namespace(`same-${Math.random().toString(36).slice(2, 7)}`);
    await corner.install(ns, 'shop', template, ...args);
    const [manifest, values, labels] = await Promise.all([
      corner.manifest(ns, 'shop'),
      corner.lab.helm('get', 'values', 'shop', '-n', ns),
      corner.lab.record(ns, 'shop').then(({ metadata }) => metadata.labels?.team),
    ]);
    const claims = await corner.lab.kubectl('get', 'pvc', '-n', ns, '-o', 'jsonpath={.items[*].metadata.uid}');
    const { run, report } = await corner.purge(ns);
    expect(report.counts).toMatchObject({ purged: 1, failed: 0 });
    expect(
      await corner.lab.kubectl(
        'get',
        'configmap,service',
        '-n',
        ns,
        '-l',
        'app.kubernetes.io/managed-by=Helm',
        '-o',
        'name',
      ),
    ).toBe('');

    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.state(ns, 'shop')).toBe('2 deployed');
    expect(await corner.manifest(ns, 'shop')).toBe(manifest);
    expect(await corner.lab.helm('get', 'values', 'shop', '-n', ns)).toBe(values);
    expect((await corner.lab.record(ns, 'shop', 2)).metadata.labels?.team).toBe(labels);
    expect(await corner.lab.kubectl('get', 'pvc', '-n', ns, '-o', 'jsonpath={.items[*].metadata.uid}')).toBe(claims);
    if (template !== '') expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(true);
    await corner.install(ns, 'shop', template, ...args);
    expect(await corner.state(ns, 'shop'), 'and is upgraded as before').toBe('3 deployed');
  });

  it('with the newest of many revisions', async () => {
    const ns = await corner.namespace('many');
    for (let at = 1; at <= 12; at += 1) await corner.install(ns, 'shop', configMap(), '--set', `a=${at}`);
    const { run } = await corner.purge(ns);
    expect(await corner.restore(run)).toEqual(restored(13));
    expect(await corner.lab.kubectl('get', 'configmap', 'shop', '-n', ns, '-o', 'jsonpath={.data.a}')).toBe('12');
  });

  it('as it worked before an upgrade that failed', async () => {
    const ns = await corner.namespace('failed');
    await corner.install(ns, 'shop', configMap());
    const manifest = await corner.manifest(ns, 'shop');
    await expect(corner.install(ns, 'shop', `${configMap()}${configMap('Not_A_Name')}`)).rejects.toThrow();
    expect(await corner.state(ns, 'shop')).toBe('2 failed');
    const { run, report } = await corner.purge(ns);
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'purged', revision: 2 })]);
    expect(run.notes).toEqual([expect.objectContaining({ revision: 1 })]);
    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.manifest(ns, 'shop')).toBe(manifest);
  });

  it('as it worked before an upgrade that never ended', async () => {
    const ns = await corner.namespace('pending');
    await corner.install(ns, 'shop', configMap());
    const manifest = await corner.manifest(ns, 'shop');
    const labels = { createdAt: old, modifiedAt: old };
    await corner.lab.forgeNext(ns, 'shop', { revision: 2, manifest, status: 'pending-upgrade', labels });
    const { run, report } = await corner.purge(ns);
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'purged', revision: 2 })]);
    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.manifest(ns, 'shop')).toBe(manifest);
  });

  it('of a first install that failed: it comes back, and is deployed now', async () => {
    const ns = await corner.namespace('first');
    await expect(
      corner.install(ns, 'shop', `${configMap()}${hook('post-install')}`.replace('{a: b}', '{a: 1}')),
    ).rejects.toThrow();
    expect(await corner.state(ns, 'shop')).toBe('1 failed');
    const manifest = await corner.manifest(ns, 'shop');
    const { run } = await corner.purge(ns);
    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.manifest(ns, 'shop')).toBe(manifest);
  });

  it('of a record as helm 3 writes it, or older: not compressed, without what helm 4 added', async () => {
    const ns = await corner.namespace('helm3');
    await corner.install(ns, 'shop', configMap(), '--server-side=false');
    const manifest = await corner.manifest(ns, 'shop');
    await corner.lab.forge(ns, 'shop', (json) => {
      const { apply_method: _method, ...rest } = JSON.parse(json) as Record<string, unknown>;
      return JSON.stringify(rest);
    });
    const { run } = await corner.purge(ns);
    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.manifest(ns, 'shop')).toBe(manifest);
    expect(await corner.restore(run, { isHelm3: true })).toEqual([expect.objectContaining({ result: 'skipped' })]);
  });

  it('with an object elsewhere, where the policy allows its kind', async () => {
    const ns = await corner.namespace('outside');
    await corner.install(ns, 'shop', configMap() + clusterRole);
    const allowedKinds = [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }];
    const { run } = await corner.purge(ns, { spec: { allowedKinds, serviceAccount: undefined } as never });
    expect(await corner.restore(run)).toEqual(refused('OBJECT_OUTSIDE_NAMESPACE'));
    const clusterWide = `${ns}-purger`;
    const rule = ['--verb=get,create,patch', '--resource=clusterroles.rbac.authorization.k8s.io'];
    await corner.lab.kubectl('create', 'clusterrole', clusterWide, ...rule);
    const binding = [`--clusterrole=${clusterWide}`, `--serviceaccount=${ns}:purger`];
    await corner.lab.kubectl('create', 'clusterrolebinding', clusterWide, ...binding);
    expect(await corner.restore(run, { allowedKinds })).toEqual(restored(2));
    expect(await corner.lab.exists('clusterrole', `${ns}-shop`)).toBe(true);
    await corner.lab.helm('uninstall', 'shop', '-n', ns);
    await corner.lab.kubectl('delete', 'clusterrolebinding,clusterrole', clusterWide);
  });
});

describe('whose rights bring it back', () => {
  it("the account's, with the hooks of a rollback", async () => {
    const ns = await corner.namespace('hooks');
    await corner.install(ns, 'shop', configMap() + hook('pre-rollback'));
    const { run } = await corner.purge(ns);
    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.lab.exists('configmap', 'shop-pre-rollback', '-n', ns)).toBe(true);
  });

  it('none where the account lacks them: nothing is written', async () => {
    const ns = await corner.namespace('norights');
    await corner.install(ns, 'shop', configMap());
    const { run } = await corner.purge(ns);
    await corner.lab.serviceAccount(
      ns,
      'reader',
      '\n  - {apiGroups: [""], resources: [secrets, configmaps], verbs: [get, list]}',
    );
    const outcomes = await corner.restore(run, { serviceAccount: 'reader' });
    expect(outcomes).toEqual([expect.objectContaining({ result: 'failed', code: 'API_FORBIDDEN' })]);
    expect(await corner.state(ns, 'shop')).toBeUndefined();
  });
});

describe('a copy that is not the one that was made', () => {
  const changed = async (suffix: string) => {
    const ns = await corner.namespace(suffix);
    await corner.install(ns, 'shop', configMap());
    const { run } = await corner.purge(ns);
    const { name } = (await corner.undoSecret(ns)).metadata;
    return { ns, run, location: { namespace: ns, name, fieldManager: 'forger' } };
  };
  const nothingCameBack = async (ns: string): Promise<void> => {
    expect(await corner.state(ns, 'shop')).toBeUndefined();
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(false);
  };

  it('is refused where its payload was changed, digest and all', async () => {
    const { ns, run, location } = await changed('forged');
    const release = Buffer.from('{}').toString('base64');
    await corner.lab.client.merge(CoreResources.secrets, { data: { release } }, location);
    expect(await corner.restore(run)).toEqual(refused('UNDO_FORGED'));
    await nothingCameBack(ns);
  });

  it('is refused where another Secret has its place', async () => {
    const { ns, run, location } = await changed('replaced');
    const { data } = await corner.undoSecret(ns);
    await corner.lab.client.delete(CoreResources.secrets, location);
    const secret = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name: location.name }, data };
    await corner.lab.client.create(CoreResources.secrets, secret, location);
    expect(await corner.restore(run)).toEqual(refused('UNDO_FORGED'));
    await nothingCameBack(ns);
  });

  it('is refused where the note is of another release', async () => {
    const { ns, run } = await changed('renamed');
    const [note] = run.notes;
    if (note === undefined) throw new Error('there is no note');
    run.notes.splice(0, 1, { ...note, name: 'bank' });
    expect(await corner.restore(run)).toEqual(refused('UNDO_FORGED'));
    await nothingCameBack(ns);
  });

  it('is refused where it is gone, and where there never was a note', async () => {
    const { ns, run, location } = await changed('gone');
    await corner.lab.client.delete(CoreResources.secrets, location);
    expect(await corner.restore(run)).toEqual(refused('UNDO_MISSING'));
    const only = [{ namespace: ns, name: 'bank' }];
    const report = await runRestore(corner.restoreDeps(), { run: run.recorded(), only });
    expect(report.outcomes).toEqual(refused('UNDO_NOTE_MISSING'));
  });
});

describe('records that somebody writes while it comes back', () => {
  const binding = (ns: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ${ns}-taken}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: mallory}]\n`;
  const sneaked = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sneaked}\n';
  const append = (ns: string, object: string) =>
    corner.lab.forge(ns, 'shop', (json) => {
      const record = JSON.parse(json) as { readonly manifest: string };
      return JSON.stringify({ ...record, manifest: `${record.manifest}\n---\n${object}` });
    });
  const purged = async (suffix: string) => {
    const ns = await corner.namespace(suffix);
    await corner.install(ns, 'shop', configMap());
    const { run } = await corner.purge(ns);
    return { ns, run };
  };
  /** helm that begins when it is let go. */
  const held = async () => {
    const gate = join(await mkdtemp(join(cluster.testRoot, 'gate-')), 'open');
    const helm = await shim(`until [ -e ${gate} ]; do sleep 0.05; done; exec helm "$@"`);
    return { helm, letGo: () => writeFile(gate, '') };
  };
  const isWrittenBack = (ns: string) =>
    expect.poll(() => corner.state(ns, 'shop'), { timeout: 20_000 }).toBe('1 uninstalled');

  it('are found before helm is started, where it had to wait', async () => {
    const { ns, run } = await purged('queue');
    const { helm, letGo } = await held();
    const others = Array.from({ length: helm.maxProcesses }, () =>
      helm.run(['version'], { what: 'hold a place', timeoutMs: 60_000 }),
    );
    const restoring = corner.restore(run, { helm });
    await isWrittenBack(ns);
    await append(ns, sneaked);
    await letGo();
    expect(await restoring).toEqual([
      expect.objectContaining({
        result: 'failed',
        code: 'RECORD_CHANGED',
        remedy: expect.not.stringContaining('helm uninstall'),
      }),
    ]);
    await Promise.all(others);
    expect(await corner.state(ns, 'shop')).toBe('1 uninstalled');
    expect(await corner.lab.exists('configmap', 'sneaked', '-n', ns)).toBe(false);
    expect(await corner.restore(run), 'nor does the next one believe it').toEqual(refused('NAME_IN_USE'));
  });

  it('give no more rights than the account has, where helm is faster', async () => {
    const { ns, run } = await purged('race');
    const { helm, letGo } = await held();
    const restoring = corner.restore(run, { helm });
    await isWrittenBack(ns);
    await append(ns, binding(ns));
    await letGo();
    expect(await restoring).toEqual([expect.objectContaining({ result: 'failed' })]);
    expect(await corner.lab.exists('clusterrolebinding', `${ns}-taken`)).toBe(false);
  });

  it('are told where the account could do what they say', async () => {
    const { ns, run } = await purged('told');
    const { helm, letGo } = await held();
    const restoring = corner.restore(run, { helm });
    await isWrittenBack(ns);
    await append(ns, sneaked);
    await letGo();
    expect(await restoring).toEqual([expect.objectContaining({ result: 'failed', code: 'RESTORE_UNPROVED' })]);
  });
});

describe('records that somebody puts beside the one that is written back', () => {
  const victim = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: victim}\n';
  /** Revision 2 is written back, as a restore leaves it that was killed. */
  const writtenBack = async (suffix: string) => {
    const ns = await corner.namespace(suffix);
    for (const a of ['1', '2']) await corner.install(ns, 'shop', configMap(), '--set', `a=${a}`);
    const { run } = await corner.purge(ns);
    await corner.restore(run, { helm: await shim('kill -9 $$') });
    expect(await corner.state(ns, 'shop')).toBe('2 uninstalled');
    await corner.lab.kubectl('create', 'configmap', 'victim', '-n', ns);
    return { ns, run };
  };
  const nothingHappened = async (ns: string): Promise<void> => {
    expect(await corner.lab.exists('configmap', 'victim', '-n', ns)).toBe(true);
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(false);
  };

  it('and that says a higher revision inside: helm would remove what it names', async () => {
    const { ns, run } = await writtenBack('inside');
    await corner.putBeside(ns, 'shop', { of: 2, revision: 1, inside: { version: 99, manifest: victim } });
    expect(await corner.restore(run)).toEqual(refused('RECORD_UNTRUSTED'));
    await nothingHappened(ns);
  });

  it.each([
    ['an older one', 1, 'uninstalled'],
    ['a rollback that did not end, with another content', 3, 'pending-rollback'],
    ['one that failed, with another content', 3, 'failed'],
  ])('%s', async (_name, revision, status) => {
    const { ns, run } = await writtenBack(`beside-${revision}-${status}`);
    await corner.putBeside(ns, 'shop', { of: 2, revision, status, inside: { manifest: victim } });
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    await nothingHappened(ns);
  });

  it('and that nobody can read', async () => {
    const { ns, run } = await writtenBack('garbled');
    await corner.putBeside(ns, 'shop', { of: 2, revision: 3, inside: {} });
    await corner.lab.garble(ns, 'shop', 3);
    expect(await corner.restore(run)).toEqual(refused('RECORD_UNTRUSTED'));
    await nothingHappened(ns);
  });
});

describe('what is there is left alone', () => {
  const purged = async (suffix: string, template = configMap()) => {
    const ns = await corner.namespace(suffix);
    await corner.install(ns, 'shop', template);
    const { run } = await corner.purge(ns);
    return { ns, run };
  };
  const data = (ns: string) => corner.lab.kubectl('get', 'configmap', 'shop', '-n', ns, '-o', 'jsonpath={.data.a}');

  it('a release of that name', async () => {
    const { ns, run } = await purged('used');
    await corner.install(ns, 'shop', configMap(), '--set', 'a=new');
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    expect([await corner.state(ns, 'shop'), await data(ns)]).toEqual(['1 deployed', 'new']);
  });

  it('a release of that name that failed', async () => {
    const { ns, run } = await purged('used-failed');
    await expect(corner.install(ns, 'shop', configMap('Not_A_Name'))).rejects.toThrow();
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    expect(await corner.state(ns, 'shop')).toBe('1 failed');
  });

  it('a release whose own hook kept it from going: it says how it goes without', async () => {
    const ns = await corner.namespace('half');
    await corner.install(ns, 'shop', configMap() + hook('pre-delete'));
    const uninstaller = { driver: 'helm' as const, uninstall: () => Promise.reject(new Error('no')) };
    const { run } = await corner.purge(ns, { uninstaller });
    const metadata = { labels: { status: 'uninstalling' } };
    const record = { namespace: ns, name: 'sh.helm.release.v1.shop.v1', fieldManager: 'forger' };
    await corner.lab.client.merge(CoreResources.secrets, { metadata }, record);
    await corner.lab.forge(ns, 'shop', (json) => json.replace('"status":"deployed"', '"status":"uninstalling"'));
    expect(await corner.restore(run)).toEqual([
      expect.objectContaining({
        code: 'NAME_IN_USE',
        remedy: expect.stringMatching(/--kube-as-user \S+:purger\. .*ConfigMap\/shop-pre-delete".*--no-hooks/),
      }),
    ]);
  });

  it('a release that the purge did not get rid of', async () => {
    const ns = await corner.namespace('left');
    await corner.install(ns, 'shop', configMap());
    const uninstaller = { driver: 'helm' as const, uninstall: () => Promise.reject(new Error('no')) };
    const { run } = await corner.purge(ns, { uninstaller });
    expect(await corner.undoSecrets(ns)).toHaveLength(1);
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    expect(await corner.state(ns, 'shop')).toBe('1 deployed');
  });

  it('a Secret that has the name of the record', async () => {
    const { ns, run } = await purged('taken');
    await corner.lab.kubectl('create', 'secret', 'generic', 'sh.helm.release.v1.shop.v1', '-n', ns);
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(false);
  });

  it('an object of another release', async () => {
    const { ns, run } = await purged('foreign');
    await corner.install(ns, 'bank', configMap('shop'), '--set', 'a=bank');
    expect(await corner.restore(run)).toEqual(refused('OBJECT_OF_ANOTHER_RELEASE'));
    expect([await corner.state(ns, 'shop'), await data(ns)]).toEqual([undefined, 'bank']);
  });

  it('an object that somebody made by hand', async () => {
    const { ns, run } = await purged('byhand');
    await corner.lab.kubectl('create', 'configmap', 'shop', '-n', ns, '--from-literal=a=mine');
    expect(await corner.restore(run)).toEqual(refused('OBJECT_UNMARKED'));
    expect([await corner.state(ns, 'shop'), await data(ns)]).toEqual([undefined, 'mine']);
  });

  it('an object that is still being deleted, until it is gone', async () => {
    const { ns, run } = await purged(
      'stuck',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, finalizers: [test.velotio.com/never]}\n',
    );
    expect(await corner.restore(run)).toEqual(refused('OBJECT_TERMINATING'));
    await corner.lab.kubectl(
      'patch',
      'configmap',
      'shop',
      '-n',
      ns,
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    );
    expect(await corner.restore(run)).toEqual(restored(2));
    await corner.lab.kubectl(
      'patch',
      'configmap',
      'shop',
      '-n',
      ns,
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    );
  });

  it('everything, in a dry run', async () => {
    const { ns, run } = await purged('dry');
    const before = await corner.lab.kubectl('get', 'secret,configmap', '-n', ns, '-o', 'yaml');
    const report = await planRestore(corner.restoreDeps(), { run: run.recorded() });
    expect(report.outcomes).toEqual([expect.objectContaining({ name: 'shop', revision: 1, result: 'restorable' })]);
    expect(await corner.lab.kubectl('get', 'secret,configmap', '-n', ns, '-o', 'yaml')).toBe(before);
  });
});

describe('a restore that did not end', () => {
  const purged = async (suffix: string, template = configMap()) => {
    const ns = await corner.namespace(suffix);
    await corner.install(ns, 'shop', template);
    const { run } = await corner.purge(ns);
    return { ns, run };
  };

  it('is ended by the next one where it was killed before helm began', async () => {
    const { ns, run } = await purged('killed');
    const outcomes = await corner.restore(run, { helm: await shim('kill -9 $$') });
    expect(outcomes).toEqual([expect.objectContaining({ result: 'failed' })]);
    expect(await corner.state(ns, 'shop')).toBe('1 uninstalled');
    expect(await corner.restore(run)).toEqual(restored(2));
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(true);
  });

  it('is ended by the next one where helm was killed', async () => {
    const ns = await corner.namespace(
      'killed-helm',
      `${purgerRules}\n  - {apiGroups: [batch], resources: [jobs], verbs: ['*']}`,
    );
    await corner.install(ns, 'shop', configMap() + endlessHook);
    const { run } = await corner.purge(ns);
    const job = `kubectl --kubeconfig ${cluster.kubeconfig} get job shop -n ${ns}`;
    const helm = await shim(`helm "$@" & until ${job}; do sleep 0.1; done; kill -9 $!`);
    expect(await corner.restore(run, { helm })).toEqual([expect.objectContaining({ result: 'failed' })]);
    expect(await corner.state(ns, 'shop')).toBe('2 pending-rollback');
    expect(await corner.restore(run, { helm: await shim('exec helm "$@" --no-hooks') })).toEqual(restored(3));
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(true);
  });

  it('is ended by the next one where helm failed', async () => {
    const { ns, run } = await purged('failed-helm', configMap() + service);
    await corner.lab.kubectl('create', 'quota', 'none', '--hard=count/services=0', '-n', ns);
    await expect
      .poll(() => corner.lab.kubectl('get', 'quota', 'none', '-n', ns, '-o', 'jsonpath={.status.hard}'))
      .toContain('0');
    const outcomes = await corner.restore(run);
    expect(outcomes).toEqual([
      expect.objectContaining({
        result: 'failed',
        code: 'HELM_QUOTA_EXCEEDED',
        remedy: expect.stringContaining('Restore again'),
      }),
    ]);
    await corner.lab.kubectl('delete', 'quota', 'none', '-n', ns);
    expect(await corner.restore(run)).toEqual(restored(3));
  });

  it('is not begun again where it did end, not even when the release was changed since', async () => {
    const { ns, run } = await purged('twice');
    expect(await corner.restore(run)).toEqual(restored(2));
    const again = await corner.restore(run);
    expect(again).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining('already: revision 2') }),
    ]);
    await corner.install(ns, 'shop', configMap(), '--set', 'a=2');
    const changed = await corner.restore(run);
    expect(changed).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining('changed since') }),
    ]);
    expect(await corner.state(ns, 'shop')).toBe('3 deployed');
  });

  it('has brought back what was in flight, and says of the rest that it was not begun', async () => {
    const ns = await corner.namespace('stop');
    await Promise.all(['a', 'b', 'c'].map((name) => corner.install(ns, name, configMap())));
    const { run } = await corner.purge(ns);
    const stop = new AbortController();
    const report = await runRestore(
      corner.restoreDeps(),
      { run: run.recorded() },
      { concurrency: 1, signal: stop.signal, onOutcome: () => stop.abort() },
    );
    expect(report).toMatchObject({ stoppedBy: 'interrupted', counts: { restored: 1, notStarted: 2 } });
    const lost = AbortSignal.abort(new LeaseLostError('lost'));
    const unlocked = await runRestore(corner.restoreDeps(), { run: run.recorded() }, { signal: lost });
    expect(unlocked).toMatchObject({ stoppedBy: 'lock-lost', counts: { notStarted: 3 } });
  });
});

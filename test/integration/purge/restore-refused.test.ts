// What is not brought back: a copy that is not the one that was made, and what would touch what is there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { planRestore, runRestore } from '../../../src/purge/restore/restore-run.ts';
import { refused, restored } from '../../support/restore-outcomes.ts';
import { configMap, hook } from '../../support/undo-charts.ts';
import { UndoWorld } from '../../support/undo-world.ts';

let corner: UndoWorld;
beforeAll(async () => {
  corner = await UndoWorld.open('restore-refused');
});
afterAll(async () => {
  await corner[Symbol.asyncDispose]();
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

describe('what is there is left alone', () => {
  const data = (ns: string) => corner.lab.kubectl('get', 'configmap', 'shop', '-n', ns, '-o', 'jsonpath={.data.a}');

  it('a release of that name', async () => {
    const { ns, run } = await corner.purged('used');
    await corner.install(ns, 'shop', configMap(), '--set', 'a=new');
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    expect([await corner.state(ns, 'shop'), await data(ns)]).toEqual(['1 deployed', 'new']);
  });

  it('a release of that name that failed', async () => {
    const { ns, run } = await corner.purged('used-failed');
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
    const { ns, run } = await corner.purged('taken');
    await corner.lab.kubectl('create', 'secret', 'generic', 'sh.helm.release.v1.shop.v1', '-n', ns);
    expect(await corner.restore(run)).toEqual(refused('NAME_IN_USE'));
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(false);
  });

  it('an object of another release', async () => {
    const { ns, run } = await corner.purged('foreign');
    await corner.install(ns, 'bank', configMap('shop'), '--set', 'a=bank');
    expect(await corner.restore(run)).toEqual(refused('OBJECT_OF_ANOTHER_RELEASE'));
    expect([await corner.state(ns, 'shop'), await data(ns)]).toEqual([undefined, 'bank']);
  });

  it('an object that somebody made by hand', async () => {
    const { ns, run } = await corner.purged('byhand');
    await corner.lab.kubectl('create', 'configmap', 'shop', '-n', ns, '--from-literal=a=mine');
    expect(await corner.restore(run)).toEqual(refused('OBJECT_UNMARKED'));
    expect([await corner.state(ns, 'shop'), await data(ns)]).toEqual([undefined, 'mine']);
  });

  it('an object that is still being deleted, until it is gone', async () => {
    const { ns, run } = await corner.purged(
      'stuck',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, finalizers: [test.velotio.com/never]}\n',
    );
    const patch = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
    const letGo = () => corner.lab.kubectl('patch', 'configmap', 'shop', '-n', ns, ...patch);
    expect(await corner.restore(run)).toEqual(refused('OBJECT_TERMINATING'));
    await letGo();
    expect(await corner.restore(run)).toEqual(restored(2));
    await letGo();
  });

  it('everything, in a dry run', async () => {
    const { ns, run } = await corner.purged('dry');
    const before = await corner.lab.kubectl('get', 'secret,configmap', '-n', ns, '-o', 'yaml');
    const report = await planRestore(corner.restoreDeps(), { run: run.recorded() });
    expect(report.outcomes).toEqual([expect.objectContaining({ name: 'shop', revision: 1, result: 'restorable' })]);
    expect(await corner.lab.kubectl('get', 'secret,configmap', '-n', ns, '-o', 'yaml')).toBe(before);
  });
});

// Records that somebody writes while a release comes back, or beside the one that is written back.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helmShim } from '../../support/helm-shim.ts';
import { refused } from '../../support/restore-outcomes.ts';
import { testCluster } from '../../support/test-context.ts';
import { configMap } from '../../support/undo-charts.ts';
import { UndoWorld } from '../../support/undo-world.ts';

const cluster = testCluster();
let corner: UndoWorld;
beforeAll(async () => {
  corner = await UndoWorld.open('restore-races');
});
afterAll(async () => {
  await corner[Symbol.asyncDispose]();
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
  /** helm that begins when it is let go. */
  const held = async () => {
    const gate = join(await mkdtemp(join(cluster.testRoot, 'gate-')), 'open');
    const helm = await helmShim(`until [ -e ${gate} ]; do sleep 0.05; done; exec helm "$@"`);
    return { helm, letGo: () => writeFile(gate, '') };
  };
  const isWrittenBack = (ns: string) =>
    expect.poll(() => corner.state(ns, 'shop'), { timeout: 20_000 }).toBe('1 uninstalled');

  it('are found before helm is started, where it had to wait', async () => {
    const { ns, run } = await corner.purged('queue');
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
    const { ns, run } = await corner.purged('race');
    const { helm, letGo } = await held();
    const restoring = corner.restore(run, { helm });
    await isWrittenBack(ns);
    await append(ns, binding(ns));
    await letGo();
    expect(await restoring).toEqual([expect.objectContaining({ result: 'failed' })]);
    expect(await corner.lab.exists('clusterrolebinding', `${ns}-taken`)).toBe(false);
  });

  it('are told where the account could do what they say', async () => {
    const { ns, run } = await corner.purged('told');
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
    await corner.restore(run, { helm: await helmShim('kill -9 $$') });
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

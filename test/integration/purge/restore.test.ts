// What was purged comes back as it was, by the real API server and helm, however often it is tried.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LeaseLostError } from '../../../src/kube/leader-term.ts';
import { runRestore } from '../../../src/purge/restore/restore-run.ts';
import { helmShim } from '../../support/helm-shim.ts';
import { refused, restored } from '../../support/restore-outcomes.ts';
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

describe('a restore that did not end', () => {
  it('is ended by the next one where it was killed before helm began', async () => {
    const { ns, run } = await corner.purged('killed');
    const outcomes = await corner.restore(run, { helm: await helmShim('kill -9 $$') });
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
    const helm = await helmShim(`helm "$@" & until ${job}; do sleep 0.1; done; kill -9 $!`);
    expect(await corner.restore(run, { helm })).toEqual([expect.objectContaining({ result: 'failed' })]);
    expect(await corner.state(ns, 'shop')).toBe('2 pending-rollback');
    expect(await corner.restore(run, { helm: await helmShim('exec helm "$@" --no-hooks') })).toEqual(restored(3));
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(true);
  });

  it('is ended by the next one where helm failed', async () => {
    const { ns, run } = await corner.purged('failed-helm', configMap() + service);
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
    const { ns, run } = await corner.purged('twice');
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

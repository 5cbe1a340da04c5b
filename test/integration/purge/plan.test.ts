// Plans on a real cluster with real releases: what goes, what stays, what is forged.
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isApiError } from '../../../src/kube/errors.ts';
import { openClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

const cluster = testCluster();
const fieldManager = 'purge-test';
let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('plan', cluster);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const secret = (name: string, namespace: string, labels: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'helm.sh/release.v1',
  metadata: { name, namespace, labels },
  data: { release: Buffer.from('nonsense').toString('base64') },
});

describe('makePlan', () => {
  it('says of every release whether it goes, and by which rule', async () => {
    const a = await world.namespace('a', { annotations: { 'keep.purge.velotio.com/pinned': 'true' } });
    const b = await world.namespace('b', { annotations: { 'purge.velotio.com/keep-until': 'soon' } });
    const c = await world.namespace('c', { isSelected: false });
    await Promise.all([
      world.install(a, 'plain'),
      world.install(a, 'pinned'),
      world.install(a, 'shop-db'),
      world.install(a, 'data', 'volume=unprotected'),
      world.install(a, 'safe', 'volume=protected'),
      world.install(a, 'hooked', 'hook=true'),
      world.install(a, 'wide', 'clusterRole=true'),
      world.install(a, 'reach', `otherNamespace=${c}`),
      world.install(a, 'flux', 'flux=true'),
      world.install(b, 'kept'),
      world.install(c, 'stranger'),
    ]);
    await world.helm(
      'install',
      'ours',
      'test/support/charts/tiny',
      '-n',
      a,
      '--labels',
      'helm.velotio.com/owner=BookStore.velotio.com',
    );
    await world.install(a, 'gone');
    await world.helm('uninstall', 'gone', '-n', a, '--keep-history');

    const plan = await makePlan(world.deps({ exclude: ['*-db'] }, world.uninstaller()));
    expect(world.lines(plan)).toEqual([
      'a/data keep volumes',
      'a/flux keep foreign',
      'a/gone keep uninstalled',
      'a/hooked keep delete-hooks',
      'a/ours keep owned',
      'a/pinned keep keep-release',
      'a/plain purge selected',
      'a/reach keep outside-namespace',
      'a/safe purge selected',
      'a/shop-db keep exclude',
      'a/wide keep outside-namespace',
      'b/kept keep keep-namespace',
    ]);
    expect(plan.entries.find(({ name }) => name === 'safe')).toMatchObject({
      chart: 'tiny-0.1.0',
      leaves: ['PersistentVolumeClaim/safe'],
    });
    expect(plan.entries.find(({ name }) => name === 'kept')).toMatchObject({ isDoubtful: true });
    expect(plan.counts).toEqual({ purge: 2, keep: 10, namespaces: 1 });

    const natively = await makePlan(world.deps({ exclude: ['*-db'] }));
    const differing = natively.entries.filter(
      (_entry, index) => world.lines(natively)[index] !== world.lines(plan)[index],
    );
    expect(differing, 'native leaves a claim that helm would delete').toMatchObject([
      { name: 'data', action: 'purge', rule: 'selected', leaves: ['PersistentVolumeClaim/data'] },
    ]);

    const narrowed = await makePlan(world.deps(), { namespaces: [b, c, 'kube-system'] });
    expect(world.lines(narrowed)).toEqual(['b/kept keep keep-namespace']);
    expect(narrowed.namespaces.map(({ state }) => state)).toEqual(['denied', 'selected', 'not-selected']);
  });

  it('counts a keep-until from when it was set, and keeps what is misspelt', async () => {
    const far = await world.namespace('far', {
      annotations: { 'purge.velotio.com/keep-until': '2099-01-01T00:00:00Z' },
    });
    const odd = await world.namespace('odd', { annotations: { 'purge.velotio.com/Keep': 'true' } });
    const pin = await world.namespace('pin', { annotations: { 'keep.purge.velotio.com/shpo': 'true' } });
    await Promise.all([far, odd, pin].map((ns) => world.install(ns, 'shop')));
    const later = (days: number) => {
      const deps = world.deps();
      const clock = { ...deps.clock, now: () => Date.now() + days * 86_400_000 };
      return makePlan({ ...deps, clock }, { namespaces: [far, odd, pin] });
    };
    const plan = await later(0);
    expect(world.lines(plan)).toEqual([
      'far/shop keep keep-namespace',
      'odd/shop keep keep-namespace',
      'pin/shop purge selected',
    ]);
    expect(plan.entries.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('it counts until'),
      expect.stringContaining('did you mean purge.velotio.com/keep?'),
      expect.any(String),
    ]);
    expect(plan.warnings).toEqual([expect.stringContaining('did you mean shop?')]);
    expect((await later(13)).entries[0]).toMatchObject({ action: 'keep', reason: plan.entries[0]?.reason });
    expect((await later(15)).entries[0]).toMatchObject({ action: 'purge', isDoubtful: true });
  });

  it('keeps a release beside which somebody put a forged record, and reports a stray one', async () => {
    const ns = await world.namespace('forged');
    await world.install(ns, 'shop');
    await world.install(ns, 'api');
    const forged = secret('sh.helm.release.v1.other.v9', ns, {
      owner: 'helm',
      name: 'shop',
      version: '9',
      status: 'deployed',
    });
    const stray = secret('stray', ns, { owner: 'helm', name: 'nothing', version: '1', status: 'deployed' });
    for (const object of [forged, stray]) await world.client.create(CoreResources.secrets, object, { fieldManager });
    const plan = await makePlan(world.deps(), { namespaces: [ns] });
    expect(world.lines(plan)).toEqual([
      'forged/api purge selected',
      'forged/shop keep rejected-record',
      'forged/stray keep rejected-record',
    ]);
  });

  it('keeps a release whose record says another thing inside, or cannot be read', async () => {
    const ns = await world.namespace('lies');
    await world.install(ns, 'elsewhere');
    await world.install(ns, 'broken');
    const name = 'sh.helm.release.v1.elsewhere.v1';
    const record = await world.client.get<{ metadata: never; data: { release: string } }>(CoreResources.secrets, {
      namespace: ns,
      name,
    });
    const inner = Buffer.from(Buffer.from(record.data.release, 'base64').toString(), 'base64');
    const forged = gunzipSync(inner).toString().replace(`"namespace":"${ns}"`, '"namespace":"kube-system"');
    const release = Buffer.from(gzipSync(forged).toString('base64')).toString('base64');
    await world.client.merge(CoreResources.secrets, { data: { release } }, { namespace: ns, name, fieldManager });
    await world.client.merge(
      CoreResources.secrets,
      { data: { release: 'bm9uc2Vuc2U=' } },
      { namespace: ns, name: 'sh.helm.release.v1.broken.v1', fieldManager },
    );
    const plan = await makePlan(world.deps(), { namespaces: [ns] });
    expect(world.lines(plan)).toEqual(['lies/broken keep unreadable-record', 'lies/elsewhere keep record-mismatch']);
  });

  it('lets an allowed kind go only where the live object is of this release', async () => {
    const ns = await world.namespace('roles');
    await world.install(ns, 'mine', 'clusterRole=true');
    await world.install(ns, 'taken', 'clusterRole=true');
    await world.client.merge(
      {
        group: 'rbac.authorization.k8s.io',
        version: 'v1',
        kind: 'ClusterRole',
        plural: 'clusterroles',
        isNamespaced: false,
      },
      { metadata: { annotations: { 'meta.helm.sh/release-name': 'somebody-else' } } },
      { name: `tiny-${ns}-taken`, fieldManager },
    );
    const allowedKinds = [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }];
    const deps = world.deps({
      allowedKinds,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } },
    });
    const { plan, outcomes } = await world.purge(deps);
    expect(world.lines(plan)).toEqual(['roles/mine purge selected', 'roles/taken keep outside-namespace']);
    expect(outcomes).toEqual(['roles/mine purged']);
    expect(await world.helm('get', 'manifest', 'taken', '-n', ns)).toContain('ClusterRole');
    await world.client.delete(
      {
        group: 'rbac.authorization.k8s.io',
        version: 'v1',
        kind: 'ClusterRole',
        plural: 'clusterroles',
        isNamespaced: false,
      },
      { name: `tiny-${ns}-taken` },
    );
  });

  it('leaves a namespace out that is being deleted', async () => {
    const ns = await world.namespace('ending');
    const held = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace: ns, finalizers: ['test.velotio.com/held'] },
    };
    await world.client.create(CoreResources.configMaps, held, { fieldManager });
    await world.client.delete(CoreResources.namespaces, { name: ns });
    const plan = await makePlan(world.deps(), { namespaces: [ns] });
    expect(plan.namespaces).toEqual([expect.objectContaining({ name: ns, state: 'terminating' })]);
    await world.client.merge(
      CoreResources.configMaps,
      { metadata: { finalizers: null } },
      { namespace: ns, name: 'held', fieldManager },
    );
  });

  it('blocks the whole run over a cap, and drops a namespace over its own', async () => {
    const many = await world.namespace('many');
    const few = await world.namespace('few');
    await Promise.all(['a', 'b', 'c'].map((name) => world.install(many, name)));
    await world.install(few, 'a');
    const only = { namespaces: [many, few] };

    const blocked = world.deps({ limits: { maxReleases: 3 } });
    const plan = await makePlan(blocked, only);
    expect(plan.capsHit).toEqual([expect.objectContaining({ cap: 'maxReleases', found: 4, limit: 3 })]);

    const dropped = await makePlan(world.deps({ limits: { maxReleases: 3, maxReleasesPerNamespace: 2 } }), only);
    expect(dropped.capsHit).toEqual([]);
    expect(world.lines(dropped)).toEqual([
      'few/a purge selected',
      'many/a keep namespace-cap',
      'many/b keep namespace-cap',
      'many/c keep namespace-cap',
    ]);
    expect(dropped.namespaces.find(({ name }) => name === many)?.state).toBe('over-cap');
  });

  it('is an error, not an empty plan, where the API says no', async () => {
    const { client, close } = await openClient({ kubeconfig: cluster.kubeconfig, homeDir: '/nowhere' });
    const deps = { ...world.deps(), client: client.impersonating('system:serviceaccount:default:nobody') };
    await expect(makePlan(deps)).rejects.toSatisfy((error) => isApiError(error, 'API_FORBIDDEN'));
    await close();
  });

  it('is given up when the deadline of the run is over: what somebody wrote must not hold up the night', async () => {
    const deps = world.deps();
    const hurried = { ...deps, settings: { ...deps.settings, deadlineMs: 1 } };
    await expect(makePlan(hurried)).rejects.toMatchObject({ code: 'PLAN_TIMEOUT', remedy: expect.any(String) });
    await expect(makePlan(hurried, { signal: AbortSignal.abort(new Error('told to')) })).rejects.toThrow('told to');
  });
});

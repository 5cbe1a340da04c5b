// The proof in front of the real helm: what is not the release's own any more keeps the release as a whole.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import type { ReleaseUninstaller } from '../../../src/uninstall/uninstaller.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
let lab: ReleaseLab;
beforeAll(async () => {
  [world, lab] = await Promise.all([PurgeWorld.open('proof', testCluster()), ReleaseLab.open()]);
});
afterAll(async () => {
  await Promise.all([world[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()]);
});

const only = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': namespace } },
});
const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n---\n`;
const account = (name: string): string => `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}}\n---\n`;

const install = async (ns: string, name: string, template: string, ...args: readonly string[]): Promise<void> => {
  await lab.helm('install', name, await lab.chart(template), '-n', ns, ...args);
};
const isThere = (ns: string, kind: string, name: string): Promise<boolean> => lab.exists(kind, '-n', ns, name);

describe("an object that is not the release's any more", () => {
  it('keeps the release as a whole where another release took it over, although helm would delete it', async () => {
    const ns = await world.namespace('taken');
    await install(ns, 'first', configMap('shared') + configMap('first'));
    await install(ns, 'heir', configMap('shared'), '--take-ownership');
    const { report } = await world.purge(world.deps({ ...only(ns), exclude: ['heir'] }));
    expect(report.outcomes).toEqual([
      expect.objectContaining({
        name: 'first',
        result: 'skipped',
        code: 'OBJECT_OF_ANOTHER_RELEASE',
        reason: expect.stringContaining(`${ns}/heir`),
      }),
    ]);
    expect(await world.releases(ns)).toEqual(['first', 'heir']);
    expect([await isThere(ns, 'configmap', 'first'), await isThere(ns, 'configmap', 'shared')]).toEqual([true, true]);
  });

  it('keeps it where somebody put an object of his own in the place of one', async () => {
    const ns = await world.namespace('replaced');
    await install(ns, 'shop', configMap('a') + configMap('b'));
    await lab.kubectl('delete', 'configmap', '-n', ns, 'b');
    await lab.kubectl('create', 'configmap', '-n', ns, 'b', '--from-literal=precious=yes');
    const { report } = await world.purge(world.deps(only(ns)));
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'skipped', code: 'OBJECT_UNMARKED' })]);
    expect(await lab.kubectl('get', 'configmap', '-n', ns, 'b', '-o', 'jsonpath={.data.precious}')).toBe('yes');
    expect(await isThere(ns, 'configmap', 'a')).toBe(true);
  });

  it('is of no account where nothing is there any more', async () => {
    const ns = await world.namespace('hollow');
    await install(ns, 'shop', configMap('a') + configMap('b'));
    await lab.kubectl('delete', 'configmap', '-n', ns, 'b');
    const { outcomes } = await world.purge(world.deps(only(ns)));
    expect(outcomes).toEqual(['hollow/shop purged']);
  });
});

describe('under a serviceAccount', () => {
  const secrets = '- {apiGroups: [""], resources: [secrets], verbs: [get, list, update, delete]}';
  const configMaps = '- {apiGroups: [""], resources: [configmaps], verbs: [get, list, create, patch, delete, watch]}';

  it('is proved and purged as that account, delete hooks included', async () => {
    const ns = await world.namespace('account');
    await lab.serviceAccount(ns, 'purger', `\n${secrets}\n${configMaps}`);
    const hook =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ran, annotations: {helm.sh/hook: pre-delete}}\n---\n';
    await install(ns, 'shop', configMap('a') + hook);
    const { report } = await world.purge(world.deps({ ...only(ns), serviceAccount: 'purger' }));
    expect(report.outcomes).toEqual([
      expect.objectContaining({
        result: 'purged',
        left: [{ kind: 'ConfigMap', namespace: ns, name: 'ran', why: 'hook' }],
      }),
    ]);
    expect([await isThere(ns, 'configmap', 'a'), await isThere(ns, 'configmap', 'ran')]).toEqual([false, true]);
  });

  it('fails where that account may not read one kind, and keeps the record and every object', async () => {
    const ns = await world.namespace('blind');
    await lab.serviceAccount(ns, 'purger', `\n${secrets}\n${configMaps}`);
    await install(ns, 'shop', configMap('a') + account('b'));
    const { report } = await world.purge(world.deps({ ...only(ns), serviceAccount: 'purger' }));
    expect(report.outcomes).toEqual([
      expect.objectContaining({
        result: 'failed',
        code: 'OWNERSHIP_UNREADABLE',
        record: 'left',
        message: expect.stringContaining('"ServiceAccount/b" is cannot be read'),
        remedy: expect.stringMatching(/^Grant the right to get .* deploy\/samples\/purge-rolebinding\.yaml/),
      }),
    ]);
    expect(await world.releases(ns)).toEqual(['shop']);
    expect([await isThere(ns, 'configmap', 'a'), await isThere(ns, 'serviceaccount', 'b')]).toEqual([true, true]);
  });

  it('fails where that account may not even read the records', async () => {
    const ns = await world.namespace('rightless');
    await install(ns, 'shop', configMap('a'));
    const { report } = await world.purge(world.deps({ ...only(ns), serviceAccount: 'purger' }));
    expect(report.outcomes).toEqual([
      expect.objectContaining({
        result: 'failed',
        code: 'API_FORBIDDEN',
        record: 'left',
        remedy: expect.stringMatching(
          /purger may have no RoleBinding in namespace .*rightless: .*purge-rolebinding\.yaml/,
        ),
      }),
    ]);
    expect(await isThere(ns, 'configmap', 'a')).toBe(true);
  });
});

describe('a record that changes', () => {
  it('between the proof and the turn of helm keeps the release: helm reads it once more', async () => {
    const ns = await world.namespace('exchanged');
    const prey = await world.namespace('prey', { isSelected: false });
    await install(ns, 'shop', configMap('a'));
    await lab.kubectl('create', 'configmap', '-n', prey, 'a');
    const real = world.uninstaller();
    const uninstaller: ReleaseUninstaller = {
      driver: 'helm',
      uninstall: async (request) => {
        await lab.forge(ns, 'shop', (json) =>
          json.replace('metadata: {name: a}', `metadata: {name: a, namespace: ${prey}}`),
        );
        await request.recheck?.(); // as helm's door does where others had their turn first
        await real.uninstall(request);
      },
    };
    const deps = world.deps(only(ns), uninstaller);
    const report = await executePlan(deps, await makePlan(deps));
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'skipped', code: 'RECORD_CHANGED' })]);
    expect([await isThere(ns, 'configmap', 'a'), await isThere(prey, 'configmap', 'a')]).toEqual([true, true]);
  });

  it('after the plan keeps it too', async () => {
    const ns = await world.namespace('forged');
    await install(ns, 'shop', configMap('a'));
    const { report } = await world.purge(world.deps(only(ns)), () =>
      lab.forge(ns, 'shop', (json) => json.replace('metadata: {name: a}', 'metadata: {name: a, namespace: default}')),
    );
    expect(report.outcomes).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining('touched since the plan') }),
    ]);
    expect(await world.releases(ns)).toEqual(['shop']);
  });
});

describe('an object that names no namespace', () => {
  it("is looked for, and deleted, in the release's, whatever the kubeconfig's context points to", async () => {
    const elsewhere = await world.namespace('elsewhere', { isSelected: false });
    const kubeconfig = join(testCluster().testRoot, `${world.id}-context`);
    const text = await lab.kubectl('config', 'view', '--raw', '--flatten');
    await writeFile(kubeconfig, text, { mode: 0o600 });
    await lab.kubectl('config', 'set-context', '--current', `--namespace=${elsewhere}`, `--kubeconfig=${kubeconfig}`);
    await using there = await PurgeWorld.open('context', { ...testCluster(), kubeconfig });
    expect(there.client.namespace).toBe(elsewhere);
    const [a, b] = [await there.namespace('a'), await there.namespace('b')];
    for (const ns of [a, b, elsewhere]) await install(ns, 'shop', configMap('same'));
    const { report } = await there.purge(there.deps());
    expect(report.counts).toMatchObject({ purged: 2, failed: 0, skipped: 0 });
    const left = await Promise.all(
      [a, b, elsewhere].map((namespace) => world.client.find(CoreResources.configMaps, { namespace, name: 'same' })),
    );
    expect(left.map((one) => one !== undefined)).toEqual([false, false, true]);
  });
});

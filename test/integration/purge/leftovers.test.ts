// What is still there after the real helm said that all is well: named, with what holds it, its size, and nothing forced.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PurgePolicySpec } from '../../../src/api/v1alpha1/purge-policy.ts';
import { reportSummary } from '../../../src/cli/purge-text.ts';
import type { LeftObject } from '../../../src/purge/verify/left-object.ts';
import type { DriverMode } from '../../../src/uninstall/choose-driver.ts';
import { eventually } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
let lab: ReleaseLab;
beforeAll(async () => {
  [world, lab] = await Promise.all([PurgeWorld.open('left', testCluster()), ReleaseLab.open()]);
});
afterAll(async () => {
  await Promise.all([world[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()]);
});

const object = (kind: string, name: string, metadata = ''): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}${metadata}}\n---\n`;
const claim = (name: string, metadata = ''): string =>
  object('PersistentVolumeClaim', name, metadata).replace(
    '---\n',
    'spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}\n---\n',
  );
const statefulSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 3Gi}}}
---
`;

async function purge(ns: string, template: string, policy: Partial<PurgePolicySpec> = {}, driver?: DriverMode) {
  await lab.helm('install', 'shop', await lab.chart(template), '-n', ns);
  return purgeAgain(ns, policy, driver);
}

async function purgeAgain(ns: string, policy: Partial<PurgePolicySpec> = {}, driver?: DriverMode) {
  const only = { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': ns } };
  const { report } = await world.purge(world.deps({ namespaceSelector: only, ...policy }, world.chosen(driver)));
  const outcome = report.outcomes[0];
  const left: readonly LeftObject[] = outcome !== undefined && 'left' in outcome ? (outcome.left ?? []) : [];
  return { report, outcome, left };
}

/** So that its namespace can go. */
async function unfinalize(ns: string, kind: string, name: string): Promise<void> {
  await lab.kubectl('patch', kind, name, '-n', ns, '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
}

describe('what is left of a release', () => {
  it('is nothing, and nothing is said, where all of it goes', async () => {
    const ns = await world.namespace('clean');
    const { outcome, report } = await purge(ns, object('ConfigMap', 'a') + object('ServiceAccount', 'b'));
    expect(outcome).toMatchObject({ result: 'purged' });
    expect(outcome).not.toHaveProperty('left');
    expect(report).not.toHaveProperty('retained');
  });

  it('is an object that a finalizer holds, with its name and a line to paste; it is not forced off', async () => {
    const ns = await world.namespace('stuck');
    const { left, report } = await purge(ns, object('ConfigMap', 'a', ', finalizers: [test.velotio.com/never]'));
    expect(left).toEqual([
      { kind: 'ConfigMap', namespace: ns, name: 'a', why: 'finalizer', finalizers: ['test.velotio.com/never'] },
    ]);
    const paste = { context: 'dev', serviceAccount: undefined };
    expect(reportSummary(report, paste)).toContain(
      `  kubectl get ConfigMap a -n ${ns} -o 'jsonpath={.metadata.finalizers}' --context dev`,
    );
    const finalizers = ['get', 'configmap', 'a', '-n', ns, '-o', 'jsonpath={.metadata.finalizers}'];
    expect(await lab.kubectl(...finalizers)).toBe('["test.velotio.com/never"]');
    await unfinalize(ns, 'configmap', 'a');
  });

  it('is what helm keeps by its annotation, and what it leaves without a word', async () => {
    const ns = await world.namespace('kept');
    const policy = (value: string): string => `, annotations: {helm.sh/resource-policy: ${value}}`;
    const template =
      object('ConfigMap', 'a', policy('keep')) + object('ConfigMap', 'b', policy('delete')) + object('ConfigMap', 'c');
    const { left } = await purge(ns, template + claim('data', policy('keep')));
    expect(left).toEqual([
      { kind: 'ConfigMap', namespace: ns, name: 'a', why: 'kept' },
      { kind: 'ConfigMap', namespace: ns, name: 'b', why: 'resource-policy', detail: 'delete' },
      { kind: 'PersistentVolumeClaim', namespace: ns, name: 'data', why: 'kept', size: '2Gi' },
    ]);
    expect(await lab.exists('configmap', '-n', ns, 'b')).toBe(true);
  });

  it('is what hooks made, of whichever kind', async () => {
    const ns = await world.namespace('hooks');
    const hook = object('ConfigMap', 'made', ', annotations: {helm.sh/hook: pre-install}');
    const { left } = await purge(ns, hook + object('ConfigMap', 'a'));
    expect(left).toEqual([{ kind: 'ConfigMap', namespace: ns, name: 'made', why: 'hook' }]);
  });

  it('is the claim that a StatefulSet made, with its size and a total', async () => {
    const ns = await world.namespace('set');
    await lab.helm('install', 'shop', await lab.chart(statefulSet), '-n', ns);
    await eventually('the claim', () => lab.exists('pvc', '-n', ns, 'data-db-0'));
    await lab.apply(claim('data-db-x').replace('metadata: {', `metadata: {namespace: ${ns}, `)); // of nobody
    const { left, report } = await purgeAgain(ns);
    const made = { kind: 'PersistentVolumeClaim', namespace: ns, name: 'data-db-0', why: 'volume', size: '3Gi' };
    expect(left).toEqual([made]);
    expect(report.retained).toEqual({ claims: 1, bytes: 3 * 2 ** 30 });
    expect(reportSummary(report, { context: undefined, serviceAccount: undefined })).toContain(
      'storage retained: 3Gi in 1 volume claim',
    );
  });

  it('is said to be unread where the serviceAccount may not list the claims; the run does not fail for that', async () => {
    const ns = await world.namespace('unread');
    const rules = `
- {apiGroups: [""], resources: [secrets], verbs: [get, list, update, delete]}
- {apiGroups: [apps], resources: [statefulsets], verbs: [get, delete]}`;
    await lab.serviceAccount(ns, 'purger', rules);
    const { outcome, left } = await purge(ns, statefulSet, { serviceAccount: 'purger' });
    expect(outcome).toMatchObject({ result: 'purged' });
    expect(left).toEqual([
      {
        kind: 'PersistentVolumeClaim',
        namespace: ns,
        name: 'data-db-*',
        why: 'unreadable',
        detail: expect.stringContaining('forbidden'),
      },
    ]);
  });
});

describe('volumes', () => {
  it('Keep: a release with a claim that helm would delete is kept as a whole by the helm driver', async () => {
    const ns = await world.namespace('keep');
    const { outcome } = await purge(ns, claim('data'), {}, 'helm');
    expect(outcome).toBeUndefined();
    expect(await lab.exists('pvc', '-n', ns, 'data')).toBe(true);
  });

  it('Keep: natively the release goes and the claim stays, for the next install to take it over', async () => {
    const ns = await world.namespace('left');
    const template = claim('data') + object('ConfigMap', 'a');
    const { outcome, left, report } = await purge(ns, template);
    expect(outcome).toMatchObject({ result: 'purged', driver: 'native' });
    expect(left).toEqual([{ kind: 'PersistentVolumeClaim', namespace: ns, name: 'data', why: 'volume', size: '2Gi' }]);
    expect(report.retained).toEqual({ claims: 1, bytes: 2 * 2 ** 30 });
    expect([await world.releases(ns), await lab.exists('configmap', '-n', ns, 'a')]).toEqual([[], false]);
    const uid = () => lab.kubectl('get', 'pvc', 'data', '-n', ns, '-o', 'jsonpath={.metadata.uid}');
    const before = await uid();
    await lab.helm('install', 'shop', await lab.chart(template), '-n', ns);
    expect(await uid()).toBe(before);
  });

  it('Keep: so is one whose StatefulSet was told after the install to take its claims with it', async () => {
    const ns = await world.namespace('later');
    await lab.helm('install', 'shop', await lab.chart(statefulSet), '-n', ns);
    await eventually('the claim', () => lab.exists('pvc', '-n', ns, 'data-db-0'));
    const patch = '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete","whenScaled":"Retain"}}}';
    await lab.kubectl('patch', 'statefulset', 'db', '-n', ns, '--type=merge', '-p', patch);
    const { outcome } = await purgeAgain(ns);
    expect(outcome).toMatchObject({ result: 'skipped', code: 'VOLUME_AT_RISK' });
    expect(await lab.exists('statefulset', '-n', ns, 'db')).toBe(true);
  });

  it('Delete: the claim goes with its release, and nothing is left', async () => {
    const ns = await world.namespace('delete');
    const { outcome } = await purge(ns, claim('data'), { volumes: 'Delete' });
    expect(outcome).toMatchObject({ result: 'purged' });
    expect(outcome).not.toHaveProperty('left');
    expect(await lab.exists('pvc', '-n', ns, 'data')).toBe(false);
  });

  it('Delete: a StatefulSet that takes its claims with it does so, and is waited for', async () => {
    const ns = await world.namespace('takes');
    const taking = statefulSet.replace(
      'spec:\n',
      'spec:\n  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}\n',
    );
    await lab.helm('install', 'shop', await lab.chart(taking), '-n', ns);
    await eventually('the claim, owned', async () => {
      const owner = [
        'get',
        'pvc',
        '-n',
        ns,
        'data-db-0',
        '--ignore-not-found',
        '-o',
        'jsonpath={.metadata.ownerReferences[*].kind}',
      ];
      return (await lab.kubectl(...owner)) !== '';
    });
    const { outcome } = await purgeAgain(ns, { volumes: 'Delete' });
    expect(outcome).toMatchObject({ result: 'purged' });
    expect(outcome).not.toHaveProperty('left');
  });
});

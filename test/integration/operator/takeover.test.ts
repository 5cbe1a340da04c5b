// A project of operator-sdk moves to us: its releases go on, under the rights and flags that it was scaffolded with.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ObjectMeta } from '../../../src/kube/objects.ts';
import { condition, eventually, helm, kubectl, type Watched } from '../../support/operator-run.ts';
import { type RunningProject, startProject } from '../../support/project-process.ts';
import { SdkProject, sdkFinalizer } from '../../support/sdk-project.ts';
import type { PolicyRule } from '../../support/sdk-role.ts';

const namespace = 'op-takeover';
const finalizer = 'helm.velotio.com/uninstall';
const guide = readFileSync('docs/migrate-from-operator-sdk.md', 'utf8');
let project: SdkProject;
let running: RunningProject | undefined;
const logs: string[] = [];

/** The rules that the guide tells to add, word for word. */
function rulesOfGuide(): readonly PolicyRule[] {
  const block = /<!-- rules -->\s*```yaml\n([\s\S]*?)```/.exec(guide)?.[1];
  return parse(block ?? '') as PolicyRule[];
}

beforeAll(async () => {
  project = await SdkProject.open({ namespace, rules: rulesOfGuide() });
});

afterAll(async () => {
  await project.close();
});

const start = async () => {
  running = await startProject(project);
};
const stop = async () => {
  logs.push(running?.log() ?? '');
  await running?.stop();
  running = undefined;
};
afterEach(stop);

const isReady = (revision: number) => (resource: Watched) =>
  resource.status?.release?.revision === revision && condition(resource.status, 'Ready')?.status === 'True';
const ready = (name: string, revision: number) =>
  project.when(name, isReady(revision), `is ready with revision ${revision}`);
const gone = (name: string) => eventually(`${name} is gone`, async () => (await project.get(name)) === undefined);
const kubectlIn = (...args: readonly string[]) => kubectl('-n', namespace, ...args);
const uidOf = async (kind: string, ...selector: readonly string[]) =>
  (await kubectlIn('get', kind, ...selector, '-o', 'jsonpath={.items[*].metadata.uid}')).trim();
const managersOf = ({ managedFields = [] }: ObjectMeta) =>
  managedFields
    .filter(({ subresource }) => subresource === undefined)
    .map((each) => `${each.manager}/${each.operation}`);

describe('a release of helm-operator', () => {
  test('goes on as the same one: the next revision, the same pods, and nothing of operator-sdk left', async () => {
    await project.installed('shop');
    await eventually(
      'its pod runs',
      async () =>
        (await kubectlIn('get', 'pods', '-l', 'app=shop', '-o', 'jsonpath={.items[*].status.phase}')) === 'Running',
    );
    const pods = await uidOf('pods', '-l', 'app=shop');
    const address = (await project.object<{ spec: { clusterIP: string } }>('service', 'shop')).spec.clusterIP;
    const deployment = (await project.object('deployment', 'shop')).metadata.uid;
    await start();
    const resource = await ready('shop', 2);

    expect(await uidOf('pods', '-l', 'app=shop')).toBe(pods);
    expect((await uidOf('replicasets', '-l', 'app=shop')).split(' ')).toHaveLength(1);
    expect((await project.object<{ spec: { clusterIP: string } }>('service', 'shop')).spec.clusterIP).toBe(address);
    expect((await project.object('deployment', 'shop')).metadata.uid).toBe(deployment);

    expect(resource.metadata.finalizers).toEqual([finalizer]);
    expect(Object.keys(resource.status ?? {})).not.toContain('deployedRelease');
    expect(resource.status?.conditions?.map(({ type }) => type).sort()).toEqual(['Deployed', 'Ready']);
    expect(JSON.stringify(resource.status)).not.toMatch(/hunter2|Thank you/);
    expect(resource.status?.history?.map(({ revision }) => revision)).toEqual([1]);

    const history = JSON.parse(await helm('history', 'shop', '-n', namespace, '-o', 'json')) as { status: string }[];
    expect(history.map(({ status }) => status)).toEqual(['superseded', 'deployed']);
    for (const revision of [1, 2]) {
      const { metadata } = await project.object('secret', `sh.helm.release.v1.shop.v${revision}`);
      expect(metadata.labels).toMatchObject({ 'helm.velotio.com/owner': `Nginx.${project.nginxes.group}` });
      expect(metadata.ownerReferences).toBeUndefined();
    }
    expect(await kubectlIn('get', 'events')).toMatch(/TakenOver[\s\S]*Upgraded|Upgraded[\s\S]*TakenOver/);
  });

  test('gives all its objects to helm: fields, and what they were marked with', async () => {
    for (const kind of ['deployment', 'service', 'serviceaccount', 'secret', 'configmap', 'persistentvolumeclaim']) {
      const { metadata } = await project.object(kind, 'shop');
      expect(metadata.ownerReferences, kind).toBeUndefined();
      expect(Object.keys(metadata.labels ?? {}), kind).toEqual(['app.kubernetes.io/managed-by']);
      expect(managersOf(metadata), kind).toContain('helm/Apply');
      expect(managersOf(metadata), kind).not.toContain('helm-operator/Update');
    }
    for (const [kind, name] of [
      ['configmap', 'shop-kept'],
      ['clusterrole', `${namespace}-shop`],
    ] as const) {
      const { metadata } = await project.object(kind, name);
      expect(
        Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('operator-sdk/')),
        kind,
      ).toEqual([]);
      expect(managersOf(metadata), kind).toEqual(['helm/Apply']);
    }
  });

  test('is looked at no more than any other: a restart starts no helm', async () => {
    const before = await helm('history', 'shop', '-n', namespace, '-o', 'json');
    await start();
    await kubectlIn('annotate', project.nginxes.plural, 'shop', 'helm.velotio.com/reconcile-requested-at=again');
    await project.when('shop', ({ status }) => status?.lastHandledReconcileAt === 'again', 'was looked at');
    expect(await helm('history', 'shop', '-n', namespace, '-o', 'json')).toBe(before);
    expect(running?.log()).not.toContain('taking over');
  });

  test('loses the fields that the next chart leaves out, and keeps what that chart keeps', async () => {
    await project.useChart({ edition: 2 });
    await start();
    await ready('shop', 3);
    const deployment = await project.object<{ spec: Record<string, unknown> }>('deployment', 'shop');
    expect(deployment.spec.minReadySeconds ?? 0).toBe(0);
    expect((await project.object<{ data: unknown }>('configmap', 'shop')).data).toEqual({ kept: '1' });

    await kubectlIn('delete', project.nginxes.plural, 'shop', '--wait=false');
    await gone('shop');
    const kinds = ['deployment', 'service', 'serviceaccount', 'secret', 'configmap'].map((kind) => `${kind}/shop`);
    const claim = 'persistentvolumeclaim/shop';
    await eventually('it is uninstalled', async () => (await project.present(...kinds)).length === 0);
    expect(await project.present(`clusterrole/${namespace}-shop`)).toEqual([]);
    // the garbage collector has had its time: it would have taken away whatever still referred to the resource
    await eventually('the pods are gone', async () => (await uidOf('pods', '-l', 'app=shop')) === '');
    expect(await project.present(claim, 'configmap/shop-kept')).toEqual([claim, 'configmap/shop-kept']);
    await project.useChart({ edition: 1 });
  });

  test('would keep those fields if helm alone went on with it', async () => {
    await project.installed('alone');
    const chart = `${project.directory}/helm-charts/nginx`;
    const server = ['--server-side=true', '--force-conflicts'];
    await helm('upgrade', 'alone', chart, '-n', namespace, '--set', 'edition=2', server[0] ?? '', server[1] ?? '');
    expect((await project.object<{ data: unknown }>('configmap', 'alone')).data).toEqual({ kept: '1', legacy: '1' });
  });

  test('of which the first upgrade fails goes back to what helm-operator had deployed', async () => {
    await project.installed('back');
    await project.useChart({ edition: 3 });
    await start();
    const resource = await project.when(
      'back',
      ({ status }) => status?.release?.revision === 3,
      'went back after a failed upgrade',
    );
    expect(condition(resource.status, 'Deployed')).toMatchObject({ status: 'True', reason: 'RollbackSucceeded' });
    expect(resource.metadata.finalizers).toEqual([finalizer]);
    expect((await project.object<{ data: unknown }>('configmap', 'back')).data).toEqual({ kept: '1', legacy: '1' });
    await kubectlIn('delete', project.nginxes.plural, 'back', '--wait=false');
    await gone('back');
    await project.useChart({ edition: 1 });
  });
});

describe('a resource that is being deleted, and whose operator is gone', () => {
  test('is let go once its release is uninstalled, cluster-scoped objects too', async () => {
    await project.installed('leaving');
    await kubectlIn('delete', project.nginxes.plural, 'leaving', '--wait=false');
    await start();
    await gone('leaving');
    expect(
      await project.present(`clusterrole/${namespace}-leaving`, 'deployment/leaving', 'configmap/leaving'),
    ).toEqual([]);
    expect(await project.present('configmap/leaving-kept')).toEqual(['configmap/leaving-kept']);
    expect(
      await helm('list', '-n', namespace, '-a', '-q').catch(() => helm('list', '-n', namespace, '-q')),
    ).not.toContain('leaving');
  });

  test('is let go where nothing is left of its release', async () => {
    await project.installed('bare');
    await helm('uninstall', 'bare', '-n', namespace);
    await kubectlIn('delete', project.nginxes.plural, 'bare', '--wait=false');
    await start();
    await gone('bare');
  });

  test('loses what its release put there although a delete hook of its record may be forged: the hook does not run', async () => {
    await project.installed('hooked', { hook: true });
    await kubectlIn('delete', project.nginxes.plural, 'hooked', '--wait=false');
    await start();
    await gone('hooked');
    expect(
      await project.present(`clusterrole/${namespace}-hooked`, 'deployment/hooked', 'configmap/hooked-hook'),
    ).toEqual([]);
  });
});

describe('a release that is not proved to be helm-operator’s for the resource', () => {
  test('is left alone, and taken over when somebody who knows labels it', async () => {
    await project.installed('doubt');
    await kubectlIn('patch', 'service', 'doubt', '--type=merge', '-p', '{"metadata":{"ownerReferences":null}}');
    await start();
    const resource = await project.when(
      'doubt',
      ({ status }) => condition(status, 'Ready')?.reason === 'ForeignRelease',
      'is foreign',
    );
    const message = condition(resource.status, 'Ready')?.message ?? '';
    expect(message).toContain("Service/doubt does not carry operator-sdk's mark of this resource");
    expect(resource.metadata.finalizers?.toSorted()).toEqual([sdkFinalizer, finalizer].sort());
    expect(JSON.parse(await helm('history', 'doubt', '-n', namespace, '-o', 'json'))).toHaveLength(1);
    const command = /kubectl (-n \S+ label secret \S+ [^\s)]+)/.exec(message)?.[1] ?? '';
    await kubectl(...command.split(' '));
    const taken = await ready('doubt', 2);
    expect(taken.metadata.finalizers).toEqual([finalizer]);
    const { metadata } = await project.object('deployment', 'doubt');
    expect(metadata.ownerReferences).toBeUndefined();
    expect(managersOf(metadata)).not.toContain('helm-operator/Update');
  });

  test('is not uninstalled, and keeps helm-operator’s finalizer', async () => {
    await project.installed('kept');
    await kubectlIn('patch', 'service', 'kept', '--type=merge', '-p', '{"metadata":{"ownerReferences":null}}');
    await kubectlIn('delete', project.nginxes.plural, 'kept', '--wait=false');
    await start();
    const resource = await project.when(
      'kept',
      ({ status }) => condition(status, 'Ready')?.reason === 'ForeignRelease',
      'is foreign',
    );
    expect(resource.metadata.finalizers).toEqual([sdkFinalizer]);
    expect(await project.present('deployment/kept', 'service/kept')).toEqual(['deployment/kept', 'service/kept']);
    await kubectlIn('patch', project.nginxes.plural, 'kept', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await gone('kept');
  });
});

describe('a project whose CRD is exchanged for one that prunes', () => {
  test('moves as well: what helm-operator wrote into the status goes', async () => {
    await project.installed('pruned');
    await project.useOwnCrd();
    // the API server goes on with the old schema for a moment
    await eventually('the status is pruned', async () => {
      const { status } = (await project.get('pruned')) ?? {};
      return status !== undefined && Object.keys(status).join() === 'conditions';
    });
    await start();
    const resource = await ready('pruned', 2);
    expect(resource.metadata.finalizers).toEqual([finalizer]);
    expect(resource.status?.conditions?.map(({ type }) => type).sort()).toEqual(['Deployed', 'Ready']);
    expect(condition(resource.status, 'Deployed')?.message).toBe('revision 2 of nginx-0.1.0 is deployed');
    await kubectlIn('delete', project.nginxes.plural, 'pruned', '--wait=false');
    await gone('pruned');
  });
});

test('the rights that the guide adds to the scaffold’s are enough', () => {
  expect(logs.join('')).not.toMatch(/forbidden|cannot be watched|may not be followed/i);
});

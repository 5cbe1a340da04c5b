import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import {
  condition,
  eventually,
  helm,
  kubectl,
  type OperatorRun,
  startOperator,
  tutorialBookStore,
} from '../../support/operator-run.ts';

const namespace = 'op-bookstore';
const fieldManager = 'test';
let operator: OperatorRun;

beforeAll(async () => {
  await kubectl('create', 'namespace', namespace);
  operator = await startOperator({ namespace });
});

afterAll(async () => {
  await operator.stop();
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

const create = (name: string, spec?: Record<string, unknown>) => {
  const tutorial = tutorialBookStore(namespace, name);
  return operator.client.create(operator.bookStores, spec === undefined ? tutorial : { ...tutorial, spec }, {
    fieldManager,
  });
};
const patch = (name: string, change: Record<string, unknown>) =>
  operator.client.merge(operator.bookStores, change, { namespace, name, fieldManager });
const gone = (name: string) => eventually(`${name} is gone`, async () => (await operator.get(name)) === undefined);
const remove = async (name: string) => {
  await operator.client.delete(operator.bookStores, { namespace, name });
  await gone(name);
};
/** What of a release is in the namespace, as kubectl names it. */
const objectsOf = async (release: string) => {
  const kinds = 'deployments,services,serviceaccounts,persistentvolumeclaims,secrets';
  const out = await kubectl('-n', namespace, 'get', kinds, '-o', 'name');
  return out.split('\n').filter((line) => line.includes(release));
};

describe("the tutorial's resource", () => {
  test('becomes two Deployments with running pods and two Services', async () => {
    await create('tutorial');
    const resource = await operator.ready('tutorial');

    expect(await objectsOf('tutorial')).toEqual([
      'deployment.apps/tutorial-bookstore',
      'deployment.apps/tutorial-bookstore-mongodb',
      'service/tutorial-bookstore',
      'service/tutorial-bookstore-mongodb',
      'serviceaccount/tutorial-bookstore',
      'secret/sh.helm.release.v1.tutorial.v1',
    ]);
    const pods = await operator.client.list<{ status?: { phase?: string } } & KubeObject>(CoreResources.pods, {
      namespace,
      labelSelector: 'app.kubernetes.io/instance=tutorial',
    });
    expect(pods.items.map(({ status }) => status?.phase)).toEqual(['Running', 'Running']);
    expect(resource.status).toMatchObject({
      observedGeneration: 1,
      release: { name: 'tutorial', namespace, revision: 1, status: 'deployed', chart: 'bookstore-0.1.0' },
    });
    expect(condition(resource.status, 'Deployed')).toMatchObject({ status: 'True', reason: 'InstallSucceeded' });
    expect(condition(resource.status, 'Reconciling')).toBeUndefined();
  });

  test('has the finalizer before anything is installed', async () => {
    let finalizers: readonly string[] | undefined;
    operator.helm.before = async (args) => {
      if (args.includes('protected')) finalizers = (await operator.get('protected'))?.metadata.finalizers;
    };
    await create('protected');
    await operator.ready('protected');
    operator.helm.before = () => Promise.resolve();
    expect(finalizers).toEqual(['helm.velotio.com/uninstall']);
  });

  test('has a status with an inventory and without a manifest', async () => {
    const resource = await operator.ready('tutorial');
    expect(resource.status?.inventory?.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      'ServiceAccount/tutorial-bookstore',
      'Service/tutorial-bookstore',
      'Service/tutorial-bookstore-mongodb',
      'Deployment/tutorial-bookstore',
      'Deployment/tutorial-bookstore-mongodb',
    ]);
    expect(resource.status?.inventory?.every(({ uid, appliedHash }) => uid !== '' && appliedHash !== undefined)).toBe(
      true,
    );
    expect(JSON.stringify(resource.status)).not.toContain('containers');
  });

  test('is told about in Events', async () => {
    const described = await eventually('the Event is there', async () => {
      const text = await kubectl('-n', namespace, 'describe', 'bookstore', 'tutorial');
      return text.includes('Installed') && text;
    });
    expect(described).toMatch(/Normal\s+Installed\s+.*bookstore-operator\s+revision 1 of bookstore-0.1.0/);
  });

  test('is shown by kubectl get', async () => {
    const lines = (await kubectl('-n', namespace, 'get', 'bs', 'tutorial')).trim().split('\n');
    expect(lines[0]?.split(/\s+/)).toEqual(['NAME', 'READY', 'STATUS', 'REVISION', 'CHART', 'AGE']);
    expect(lines[1]).toMatch(/^tutorial\s+True\s+WorkloadsReady\s+1\s+bookstore-0\.1\.0/);
  });
});

describe('a change', () => {
  test('of the spec upgrades the release', async () => {
    await create('change');
    await operator.ready('change');
    await patch('change', { spec: { replicaCount: 3 } });
    const resource = await operator.ready('change');
    expect(resource.status).toMatchObject({
      observedGeneration: 2,
      release: { revision: 2 },
      history: [{ revision: 1 }],
    });
    expect(
      await kubectl('-n', namespace, 'get', 'deployment', 'change-bookstore', '-o', 'jsonpath={.status.readyReplicas}'),
    ).toBe('3');
  });

  test('that takes a value away brings the default of the chart back', async () => {
    await patch('change', { spec: null });
    await eventually('revision 3', async () => (await operator.ready('change')).status?.release?.revision === 3);
    expect(
      await kubectl('-n', namespace, 'get', 'deployment', 'change-bookstore', '-o', 'jsonpath={.spec.replicas}'),
    ).toBe('1');
  });

  test('of what is not the spec starts no helm', async () => {
    const before = operator.helm.verbs.length;
    await patch('change', {
      metadata: { labels: { team: 'a' }, annotations: { 'helm.velotio.com/reconcile-requested-at': 'now' } },
    });
    await eventually(
      'it is acknowledged',
      async () => (await operator.get('change'))?.status?.lastHandledReconcileAt === 'now',
    );
    expect(operator.helm.verbs.slice(before)).toEqual([]);
  });

  test('by somebody else’s helm is put right', async () => {
    await helm(
      'upgrade',
      'change',
      'charts/bookstore',
      '-n',
      namespace,
      '--set',
      'replicaCount=2',
      '--server-side=true',
      '--force-conflicts',
    );
    await eventually('revision 5', async () => (await operator.ready('change')).status?.release?.revision === 5);
    expect(
      await kubectl('-n', namespace, 'get', 'deployment', 'change-bookstore', '-o', 'jsonpath={.spec.replicas}'),
    ).toBe('1');
  });

  test('while a kubectl scale stands in the way is made all the same', async () => {
    await kubectl('-n', namespace, 'scale', 'deployment', 'change-bookstore', '--replicas=4');
    await patch('change', { spec: { replicaCount: 2 } });
    await eventually('revision 6', async () => (await operator.ready('change')).status?.release?.revision === 6);
    expect(
      await kubectl('-n', namespace, 'get', 'deployment', 'change-bookstore', '-o', 'jsonpath={.spec.replicas}'),
    ).toBe('2');
  });

  test('is left alone while the resource is suspended, and made afterwards', async () => {
    await patch('change', {
      metadata: { annotations: { 'helm.velotio.com/suspend': 'true' } },
      spec: { replicaCount: 1 },
    });
    const resource = await operator.reason('change', 'Suspended');
    expect(resource.status?.release?.revision).toBe(6);
    await patch('change', { metadata: { annotations: { 'helm.velotio.com/suspend': null } } });
    await eventually('revision 7', async () => (await operator.ready('change')).status?.release?.revision === 7);
  });
});

describe('a change during a helm call', () => {
  test('is not said to be observed before it is deployed', async () => {
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    operator.helm.before = (args) => (args.includes('hurried') ? held : Promise.resolve());
    await create('hurried');
    await eventually('helm was called', async () => operator.helm.calls.some((args) => args.includes('hurried')));
    await patch('hurried', { spec: { replicaCount: 3 } });
    const seen: string[] = [];
    operator.helm.before = () => Promise.resolve();
    finish();
    await eventually('generation 2 is ready', async () => {
      const { metadata, status } = (await operator.get('hurried')) ?? { metadata: undefined, status: undefined };
      const ready = condition(status, 'Ready');
      if (ready?.status === 'True') seen.push(`${status?.observedGeneration}:${status?.release?.revision}`);
      return ready?.status === 'True' && status?.observedGeneration === 2 && metadata?.generation === 2;
    });
    expect(seen).not.toContain('2:1');
    expect(seen.at(-1)).toBe('2:2');
  });
});

describe('a failure that came to nothing', () => {
  test('leaves no trace when the spec goes back', async () => {
    await create('undecided', { replicaCount: 1 });
    await operator.ready('undecided');
    // only server-side apply keeps a null; it takes the chart's default away
    const broken = { ...tutorialBookStore(namespace, 'undecided'), spec: { image: { app: { repository: null } } } };
    await operator.client.apply(operator.bookStores, broken, { fieldManager });
    await operator.reason('undecided', 'InvalidValues');
    await patch('undecided', { spec: { image: null } });
    const resource = await operator.ready('undecided');
    expect(condition(resource.status, 'Deployed')).toMatchObject({ status: 'True' });
    expect(resource.status?.failures).toBeUndefined();
  });
});

describe('a lost status', () => {
  test('is written anew from the record, without helm', async () => {
    await create('amnesia');
    const { status } = await operator.ready('amnesia');
    const before = operator.helm.verbs.length;
    await operator.client.merge(
      operator.bookStores,
      { status: null },
      { namespace, name: 'amnesia', fieldManager, subresource: 'status' },
    );
    const resource = await operator.ready('amnesia');
    // whether the record is still what helm wrote for us is the one thing that cannot be read back
    expect(resource.status?.release).toEqual({ ...status?.release, contentDigest: undefined });
    expect(resource.status?.inventory).toEqual(status?.inventory);
    expect(operator.helm.verbs.slice(before)).toEqual([]);
  });
});

describe('a deletion', () => {
  test('leaves nothing', async () => {
    await create('leaves-nothing');
    await operator.ready('leaves-nothing');
    await remove('leaves-nothing');
    await eventually('all objects are gone', async () => (await objectsOf('leaves-nothing')).length === 0);
  });

  test('leaves a kept volume alone', async () => {
    await create('volume', { mongodb: { persistence: { enabled: true, size: '1Gi' } } });
    await operator.ready('volume');
    await remove('volume');
    await eventually('only the claim is left', async () => (await objectsOf('volume')).length === 1);
    expect(await objectsOf('volume')).toEqual(['persistentvolumeclaim/volume-bookstore-mongodb']);
  });

  test('of a resource whose release is gone already lets the resource go', async () => {
    await create('ghost');
    await operator.ready('ghost');
    await patch('ghost', { metadata: { annotations: { 'helm.velotio.com/suspend': 'true' } } });
    await operator.reason('ghost', 'Suspended');
    await helm('uninstall', 'ghost', '-n', namespace);
    await operator.client.delete(operator.bookStores, { namespace, name: 'ghost' });
    await patch('ghost', { metadata: { annotations: { 'helm.velotio.com/suspend': null } } });
    await gone('ghost');
  });

  test('with a finalizer of somebody else says that the release is gone', async () => {
    await create('held');
    await operator.ready('held');
    await patch('held', { metadata: { finalizers: ['helm.velotio.com/uninstall', 'example.com/held'] } });
    await operator.client.delete(operator.bookStores, { namespace, name: 'held' });
    const resource = await operator.reason('held', 'Uninstalled');
    expect(resource.status).toMatchObject({ conditions: [{ type: 'Ready', status: 'False' }, { type: 'Deployed' }] });
    expect(resource.status?.release).toBeUndefined();
    expect(resource.status?.inventory).toBeUndefined();
    await eventually(
      'our finalizer is gone',
      async () => (await operator.get('held'))?.metadata.finalizers?.length === 1,
    );
    await patch('held', { metadata: { finalizers: [] } });
    await gone('held');
  });

  test('waits while the resource is suspended', async () => {
    await create('patient');
    await operator.ready('patient');
    await patch('patient', { metadata: { annotations: { 'helm.velotio.com/suspend': 'true' } } });
    await operator.client.delete(operator.bookStores, { namespace, name: 'patient' });
    await eventually('it says why', async () =>
      condition((await operator.get('patient'))?.status, 'Ready')?.message.includes('being deleted, but suspended'),
    );
    expect(await objectsOf('patient')).toContain('deployment.apps/patient-bookstore');
    await patch('patient', { metadata: { annotations: { 'helm.velotio.com/suspend': null } } });
    await gone('patient');
  });
});

describe('a release of the same name that is not ours', () => {
  test('is neither upgraded by an apply nor uninstalled by a delete', async () => {
    await helm('install', 'foreign', 'charts/bookstore', '-n', namespace, '--set', 'replicaCount=2');
    const record = await kubectl(
      '-n',
      namespace,
      'get',
      'secret',
      'sh.helm.release.v1.foreign.v1',
      '-o',
      'jsonpath={.metadata.resourceVersion}',
    );
    const before = operator.helm.verbs.length;
    await create('foreign');
    const resource = await operator.reason('foreign', 'ForeignRelease');
    expect(condition(resource.status, 'Stalled')).toMatchObject({ status: 'True', reason: 'ForeignRelease' });
    await remove('foreign');
    expect(operator.helm.verbs.slice(before)).toEqual([]);
    expect(
      await kubectl(
        '-n',
        namespace,
        'get',
        'secret',
        'sh.helm.release.v1.foreign.v1',
        '-o',
        'jsonpath={.metadata.resourceVersion}',
      ),
    ).toBe(record);
    expect(
      await kubectl('-n', namespace, 'get', 'deployment', 'foreign-bookstore', '-o', 'jsonpath={.spec.replicas}'),
    ).toBe('2');
    await eventually('an Event says so', async () => {
      const events = await kubectl(
        '-n',
        namespace,
        'get',
        'events',
        '-o',
        'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}',
      );
      return /ForeignRelease: release op-bookstore\/foreign is not ours \(it was installed by hand/.test(events);
    });
  });

  test('is taken over by nobody when it is uninstalled: then the resource installs', async () => {
    await helm('install', 'later', 'charts/bookstore', '-n', namespace);
    await create('later');
    await operator.reason('later', 'ForeignRelease');
    await helm('uninstall', 'later', '-n', namespace);
    expect((await operator.ready('later')).status?.release?.revision).toBe(1);
  });
});

describe('readiness', () => {
  test('follows the workloads: not ready while pods are on their way, ready afterwards', async () => {
    await create('slow', { podAnnotations: { 'local.velotio.com/ready-after': '4s' } });
    const waiting = await eventually('it says what it waits for', async () => {
      const resource = await operator.get('slow');
      const message = condition(resource?.status, 'Ready')?.message ?? '';
      return message.includes('Deployment slow-bookstore: 0 of 1 pods are available') && resource;
    });
    expect(condition(waiting.status, 'Ready')).toMatchObject({ status: 'False', reason: 'WorkloadsProgressing' });
    expect(condition(waiting.status, 'Reconciling')).toMatchObject({ status: 'True' });
    await operator.ready('slow');
  });

  test('is lost with an object of the release', async () => {
    await create('loses');
    await operator.ready('loses');
    await kubectl('-n', namespace, 'delete', 'service', 'loses-bookstore');
    const resource = await operator.reason('loses', 'WorkloadsProgressing');
    expect(condition(resource.status, 'Ready')?.message).toContain('Service loses-bookstore: it is missing');
  });
});

// Why a release is not ready, as its pods tell it; and that this is noticed whenever it happens.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KindsRun, kindsChart, startKinds } from '../../support/kinds-chart.ts';
import { condition, eventually, kubectl, startOperator, type Watched } from '../../support/operator-run.ts';

let operator: KindsRun;

beforeAll(async () => {
  operator = await startKinds({ namespace: 'op-readiness-pods' });
});

afterAll(async () => {
  await operator.stop();
});

const behaviour = (name: string) => ({ podAnnotations: { 'local.velotio.com/behaviour': name } });
const podOf = async (release: string): Promise<string> =>
  (await operator.kubectl('get', 'pods', '-l', `app=${release}`, '-o', 'name')).split('\n')[0]?.slice(4) ?? '';
const versionOf = (deployment: string) =>
  operator.kubectl('get', 'deployment', deployment, '-o', 'jsonpath={.metadata.resourceVersion}');

const notReady = [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }];
const waiting = (reason: string, message?: string) => ({
  phase: 'Pending',
  conditions: notReady,
  containerStatuses: [
    {
      name: 'main',
      image: 'example.com/none:1',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
    },
  ],
});

describe('a release is not ready, and says why', () => {
  test('where an image cannot be pulled', async () => {
    await operator.create('deployment-image', behaviour('image-pull-error'));
    await operator.says(
      'deployment-image',
      /^Deployment deployment-image: 0 of 1 pods are available; pod deployment-image-\S+: ImagePullBackOff: back-off pulling image$/,
    );
    expect(await operator.kubectl('get', 'bs', 'deployment-image')).toMatch(
      /\ndeployment-image\s+False\s+WorkloadsProgressing\s+1 /,
    );
  });

  test('where a container crashes from the beginning', async () => {
    await operator.create('statefulset-crash', behaviour('crash-loop'));
    await operator.says(
      'statefulset-crash',
      /^StatefulSet statefulset-crash: 0 of 1 pods are ready; pod statefulset-crash-0: CrashLoopBackOff: back-off .*\(container main, exit code 1, 3 restarts\)$/,
    );
  });

  test('where no node can take its pods', async () => {
    await operator.create('deployment-nowhere', { nodeSelector: { nowhere: 'true' } });
    await operator.says(
      'deployment-nowhere',
      /; pod deployment-nowhere-\S+: Unschedulable: 0\/\d+ nodes are available/,
    );
  });

  test('where the API server refuses its pods', async () => {
    await operator.create('refused');
    await operator.says(
      'refused',
      /^Deployment refused: 0 of 1 pods are up to date; FailedCreate: pods .* is forbidden/,
    );
  });

  test('where its Job failed', async () => {
    await operator.create('job-fails', behaviour('fail'));
    await operator.says(
      'job-fails',
      /^Job job-fails: Job has reached the specified backoff limit; pod job-fails-\S+: Error: it ended \(container main, exit code 1, 0 restarts\)$/,
    );
  });

  test('where a pod of its own has no image', async () => {
    await operator.create('pod-image', behaviour('image-pull-error'));
    await operator.says('pod-image', /^Pod pod-image: ImagePullBackOff: back-off pulling image$/);
  });
});

describe('a release that was ready', () => {
  test('is not, when a container begins to crash later; and is again when it is well', async () => {
    await operator.create('deployment-later', { replicaCount: 2 });
    await operator.ready('deployment-later');
    const pod = await podOf('deployment-later');
    await operator.kubectl('annotate', 'pod', pod, 'local.velotio.com/behaviour=crash-loop');
    const broken = await operator.says(
      'deployment-later',
      new RegExp(`^Deployment deployment-later: 1 of 2 pods are available; pod ${pod}: CrashLoopBackOff: `),
    );
    expect(condition(broken.status, 'Deployed')).toMatchObject({ status: 'True' });
    expect(await operator.kubectl('get', 'bs', 'deployment-later')).toMatch(
      /\ndeployment-later\s+False\s+WorkloadsProgressing\s+1 /,
    );
    await operator.kubectl('delete', 'pod', pod);
    await operator.ready('deployment-later');
    expect(await operator.kubectl('get', 'bs', 'deployment-later')).toMatch(
      /\ndeployment-later\s+True\s+WorkloadsReady\s+1 /,
    );
  });

  test('is not, when its pods take too much memory; and is again when they are up', async () => {
    await operator.create('daemonset-memory');
    await operator.ready('daemonset-memory');
    const pod = await podOf('daemonset-memory');
    const killed = { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: null, finishedAt: null } };
    const container = { name: 'main', image: 'example.com/none:1', imageID: '', ready: false, restartCount: 1 };
    await operator.patchPodStatus(pod, {
      conditions: notReady,
      containerStatuses: [{ ...container, state: killed }],
    });
    await operator.says(
      'daemonset-memory',
      new RegExp(
        `available; pod ${pod}: OOMKilled: it took more memory than its limit \\(.*exit code 137, 1 restart\\)$`,
      ),
    );
    await operator.patchPodStatus(pod, {
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ ...container, ready: true, state: { running: { startedAt: null } }, lastState: killed }],
    });
    await operator.ready('daemonset-memory');
  });
});

describe('a reason that changes', () => {
  test('is noticed though nothing else does: no event of the Deployment tells of it', async () => {
    await operator.create('deployment-slow', { podAnnotations: { 'local.velotio.com/ready-after': '10m' } });
    const pod = await eventually('there is a pod', async () => (await podOf('deployment-slow')) || undefined);
    await operator.patchPodStatus(pod, waiting('ContainerCreating'));
    await operator.says('deployment-slow', new RegExp(`; pod ${pod}: ContainerCreating$`));
    const version = await versionOf('deployment-slow');
    await operator.patchPodStatus(pod, waiting('CreateContainerConfigError', 'secret "shop" not found'));
    await operator.says(
      'deployment-slow',
      new RegExp(`; pod ${pod}: CreateContainerConfigError: secret "shop" not found$`),
    );
    expect(await versionOf('deployment-slow')).toBe(version);
  });
});

describe('a restart of the operator', () => {
  test('takes no reason away, not even for a moment', async () => {
    const namespace = 'op-readiness-restart';
    const first = await startKinds({ namespace });
    await first.create('deployment', behaviour('image-pull-error'));
    const told = await first.says('deployment', /ImagePullBackOff/);
    const madeMs = Date.parse(told.metadata.creationTimestamp ?? '');
    await eventually('its pods are not new any more', () => Promise.resolve(Date.now() - madeMs > 15_000));
    await first.leave();
    const second = await startOperator({ namespace, entry: { chart: await kindsChart() } });
    try {
      await first.kubectl('annotate', 'bs', 'deployment', 'helm.velotio.com/reconcile-requested-at=now');
      const { resourceVersion } = told.metadata;
      const seen = await second.client.watch<Watched>(second.bookStores, {
        namespace,
        resourceVersion,
        timeoutSeconds: 30,
      });
      const messages = new Set<string | undefined>();
      for await (const { object } of seen) {
        messages.add(condition(object.status, 'Ready')?.message);
        if (object.status?.lastHandledReconcileAt === 'now') break;
      }
      expect([...messages]).toEqual([condition(told.status, 'Ready')?.message]);
    } finally {
      await second.stop();
      await kubectl('delete', 'namespace', namespace, '--wait=false');
    }
  });
});

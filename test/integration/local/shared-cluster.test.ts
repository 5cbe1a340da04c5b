// The cluster that all other integration tests stand on is a real one and complete.
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCluster } from '../../support/test-context.ts';

const { kubectl, kubeconfig, path } = testCluster();
const namespace = 'local-shared-cluster';
const run = (...args: string[]) =>
  execa(kubectl, ['--kubeconfig', kubeconfig, '-n', namespace, ...args], { env: { PATH: path } });
const apply = (...objects: object[]) =>
  execa(kubectl, ['--kubeconfig', kubeconfig, '-n', namespace, 'apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });

beforeAll(async () => {
  await run('create', 'namespace', namespace);
});

afterAll(async () => {
  await run('delete', 'namespace', namespace, '--wait=false');
});

/** A bare pod that behaves as its annotations say. */
function pod(name: string, annotations: Record<string, string>, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: { containers: [{ name: 'main', image: 'none' }], terminationGracePeriodSeconds: 0, ...spec },
  };
}

test('its nodes are Ready and its version is a released one', async () => {
  const { stdout } = await run('get', 'nodes', '-o', 'json');
  const nodes: { items: { status: { conditions: { type: string; status: string }[] } }[] } = JSON.parse(stdout);
  expect(nodes.items.map(({ status }) => status.conditions.find(({ type }) => type === 'Ready')?.status)).toEqual([
    'True',
    'True',
    'True',
  ]);
  expect((await run('version', '-o', 'json')).stdout).toContain('"gitVersion": "v1.36.3"');
});

test('the pods of a Deployment run', async () => {
  await run('create', 'deployment', 'web', '--image', 'none', '--replicas', '2');
  await run('rollout', 'status', 'deployment/web', '--timeout=60s');
  expect((await run('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}')).stdout).toBe('2');
});

test('a Job completes, one whose pods fail fails', async () => {
  await run('create', 'job', 'good', '--image', 'none');
  const template = {
    metadata: { annotations: { 'local.velotio.com/behaviour': 'fail' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] },
  };
  await apply({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'bad' }, spec: { backoffLimit: 0, template } });
  await run('wait', '--for=condition=Complete', 'job/good', '--timeout=60s');
  await run('wait', '--for=condition=Failed', 'job/bad', '--timeout=60s');
});

test('a bare pod with restartPolicy Never succeeds', async () => {
  await apply(pod('once', {}, { restartPolicy: 'Never' }));
  await run('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/once', '--timeout=60s');
});

test.for([
  ['crash-loop', 'CrashLoopBackOff'],
  ['image-pull-error', 'ImagePullBackOff'],
])('a pod asked to be in %s waits with %s and is not ready', async ([behaviour = '', reason = '']) => {
  await apply(pod(behaviour, { 'local.velotio.com/behaviour': behaviour }));
  const path = 'jsonpath={.status.containerStatuses[0].state.waiting.reason}';
  await run('wait', `--for=${path}=${reason}`, `pod/${behaviour}`, '--timeout=60s');
  const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  expect((await run('get', 'pod', behaviour, '-o', ready)).stdout).toBe('False');
});

test('a pod that starts slowly is not ready before its time', async () => {
  await apply(pod('slow', { 'local.velotio.com/ready-after': '1h' }), pod('quick', {}));
  await run('wait', '--for=condition=Ready', 'pod/quick', '--timeout=60s');
  await run('wait', '--for=condition=PodScheduled', 'pod/slow', '--timeout=60s');
  expect((await run('get', 'pod', 'slow', '-o', 'jsonpath={.status.phase}')).stdout).toBe('Pending');
});

test('a pod that never goes away stays until its annotation is removed', async () => {
  await apply(pod('stays', { 'local.velotio.com/stays': 'true' }), pod('goes', {}));
  await run('wait', '--for=condition=Ready', 'pod/stays', 'pod/goes', '--timeout=60s');
  // a grace period of its own: with none the server removes a pod without asking its kubelet
  await run('delete', 'pod', 'stays', 'goes', '--wait=false', '--grace-period=1');
  await run('wait', '--for=delete', 'pod/goes', '--timeout=60s');
  expect((await run('get', 'pod', 'stays', '-o', 'jsonpath={.metadata.deletionTimestamp}')).stdout).not.toBe('');
  await run('annotate', 'pod', 'stays', 'local.velotio.com/stays-');
  await run('wait', '--for=delete', 'pod/stays', '--timeout=60s');
});

test('a claim without a class is bound, and its pod runs', async () => {
  const resources = { requests: { storage: '1Gi' } };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources },
  };
  await apply(claim, pod('db', {}, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }));
  await run('wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/data', '--timeout=60s');
  await run('wait', '--for=condition=Ready', 'pod/db', '--timeout=60s');
  const { stdout: volume } = await run('get', 'pvc', 'data', '-o', 'jsonpath={.spec.volumeName}');
  await run('delete', 'pod/db', 'pvc/data', '--timeout=60s');
  await run('wait', '--for=delete', `pv/${volume}`, '--timeout=60s');
});

test('a service account token is accepted by the API server', async () => {
  const { stdout: token } = await run('create', 'token', 'default');
  const { stdout } = await execa(kubectl, [
    '--kubeconfig',
    '/dev/null',
    '--server',
    testCluster().server,
    '--insecure-skip-tls-verify',
    '--token',
    token,
    'auth',
    'whoami',
    '-o',
    'jsonpath={.status.userInfo.username}',
  ]);
  expect(stdout).toBe(`system:serviceaccount:${namespace}:default`);
});

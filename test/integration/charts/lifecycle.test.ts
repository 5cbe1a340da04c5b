// The bundled chart and the operator's manifests on a real API server: accepted as they are, and enough of the rights.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { testCluster } from '../../support/test-context.ts';
import { chartDir } from './helm-template.ts';

const run = promisify(execFile);
const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const namespace = 'chart-lifecycle';
const account = 'system:serviceaccount:bookstore-operator-system:bookstore-operator';
const groups = ['system:serviceaccounts', 'system:serviceaccounts:bookstore-operator-system', 'system:authenticated'];

async function kubectl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { kubectl: binary, kubeconfig } = testCluster();
  return await run(binary, ['--kubeconfig', kubeconfig, ...args]);
}

/** helm as the operator's ServiceAccount: nothing but deploy/rbac.yaml says what it may. */
async function helmAsOperator(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { helm, kubeconfig, testRoot } = testCluster();
  const identity = ['--kube-as-user', account, ...groups.flatMap((group) => ['--kube-as-group', group])];
  return await run(helm, ['--kubeconfig', kubeconfig, '--namespace', namespace, ...identity, ...args], {
    env: { PATH: process.env.PATH, HOME: `${testRoot}/${namespace}`, KUBECACHEDIR: `${testRoot}/${namespace}/kube` },
  });
}

/** The call of O5. */
const upgradeFlags =
  '--install --server-side=true --force-conflicts --reset-values --history-max 10 --timeout 1m --disable-openapi-validation';

const upgrade = async (...values: string[]): Promise<unknown> =>
  await helmAsOperator('upgrade', 'demo', chartDir, ...upgradeFlags.split(' '), ...values);

/** Kind and name of what is in the namespace, but for what every namespace has. */
async function contents(): Promise<string[]> {
  const kinds =
    'deployments,services,serviceaccounts,persistentvolumeclaims,horizontalpodautoscalers,secrets,configmaps';
  const { stdout } = await kubectl('get', kinds, '--namespace', namespace, '--output', 'name');
  return stdout
    .split('\n')
    .filter((name) => !['', 'serviceaccount/default', 'configmap/kube-root-ca.crt'].includes(name))
    .sort();
}

beforeAll(async () => {
  await kubectl('apply', '--server-side', '-f', fromRoot('deploy/namespace.yaml'));
  await kubectl('apply', '--server-side', '-f', fromRoot('deploy/rbac.yaml'));
  await kubectl('create', 'namespace', namespace);
});

describe('with the rights of deploy/rbac.yaml', () => {
  it('the chart is installed, changed, rolled back and removed, and leaves its data alone', async () => {
    const store = ['deployment.apps/demo-bookstore', 'deployment.apps/demo-bookstore-mongodb'];
    await upgrade();
    await kubectl('wait', '--for=condition=Available', '--timeout=60s', '--namespace', namespace, ...store);
    const plain = [
      ...store,
      'secret/sh.helm.release.v1.demo.v1',
      'service/demo-bookstore',
      'service/demo-bookstore-mongodb',
      'serviceaccount/demo-bookstore',
    ];
    expect(await contents()).toEqual(plain);

    await upgrade('--values', fromRoot('test/integration/charts/every-switch.values.yaml'));
    expect(await contents()).toEqual([
      'deployment.apps/demo-books',
      'deployment.apps/demo-books-mongodb',
      'horizontalpodautoscaler.autoscaling/demo-books',
      'persistentvolumeclaim/demo-books-mongodb',
      'secret/sh.helm.release.v1.demo.v1',
      'secret/sh.helm.release.v1.demo.v2',
      'service/books-db',
      'service/demo-books',
      'serviceaccount/books',
    ]);

    await helmAsOperator('rollback', 'demo', '1');
    expect(await contents()).toEqual(
      [
        ...plain,
        'persistentvolumeclaim/demo-books-mongodb',
        'secret/sh.helm.release.v1.demo.v2',
        'secret/sh.helm.release.v1.demo.v3',
      ].sort(),
    );

    await helmAsOperator('uninstall', 'demo');
    expect(await contents()).toEqual(['persistentvolumeclaim/demo-books-mongodb']);
  });

  it('a claim that was left is found again by the next release of the name', async () => {
    const persistent = ['--set', 'mongodb.persistence.enabled=true', '--set', 'nameOverride=again'];
    const uid = async (): Promise<string> => {
      const path = [
        'persistentvolumeclaim/demo-again-mongodb',
        '--namespace',
        namespace,
        '--output',
        'jsonpath={.metadata.uid}',
      ];
      return (await kubectl('get', ...path)).stdout;
    };
    await upgrade(...persistent);
    const before = await uid();
    await helmAsOperator('uninstall', 'demo');
    await upgrade(...persistent);
    expect(await uid()).toBe(before);
    await helmAsOperator('uninstall', 'demo');
  });
});

describe('a release whose name YAML reads as something else', () => {
  it.each(['y', '1', '1.5', 'null', '1e3'])('%s is installed, found by its label, and removed', async (release) => {
    await helmAsOperator('upgrade', release, chartDir, ...upgradeFlags.split(' '));
    const selected = ['--namespace', namespace, '--selector', `app.kubernetes.io/instance=${release}`];
    await kubectl('wait', '--for=condition=Available', '--timeout=60s', 'deployments', ...selected);
    const { stdout } = await kubectl('get', 'deployments,services,pods', '--output', 'name', ...selected);
    expect(stdout.trim().split('\n')).toHaveLength(6);
    await helmAsOperator('uninstall', release);
    const left = await kubectl('get', 'deployments,services', '--output', 'name', ...selected);
    expect(left.stdout).toBe('');
  });
});

describe('on the API server', () => {
  it('the operator’s Deployment is accepted under restricted pod security without a warning', async () => {
    const file = fromRoot('deploy/operator.yaml');
    const { stdout, stderr } = await kubectl('apply', '--server-side', '--dry-run=server', '-f', file);
    expect(stderr).toBe('');
    expect(stdout).toContain('deployment.apps/bookstore-operator serverside-applied');
  });
});

// A run whose helm the API server has no time for: tried again where that is all, and only as long as the run goes on.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PurgePolicySpec } from '../../../src/api/v1alpha1/purge-policy.ts';
import { Helm } from '../../../src/helm/process.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { type ExecuteDeps, executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { helmDriver } from '../../../src/uninstall/helm-driver.ts';
import { tooManyRequests } from '../../support/chaos/fault.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

const cluster = testCluster();
const ofHelm = { userAgent: /^Helm\// };
const ofOurs = { userAgent: /^bookstore-operator/ };
let world: PurgeWorld;
let proxy: ChaosProxy;
let opened: OpenClient;

beforeAll(async () => {
  world = await PurgeWorld.open('pace', cluster);
  proxy = await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
  opened = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: cluster.testRoot });
});
afterAll(async () => {
  await opened?.close();
  await proxy?.[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.faults.clear();
});

/** A namespace with releases, and a run about it through the proxy; `before` comes before each helm. */
async function scene(
  names: readonly string[],
  options: {
    readonly spec?: Partial<PurgePolicySpec>;
    readonly before?: () => void;
    readonly after?: (namespace: string) => Promise<void>;
  } = {},
) {
  const namespace = await world.namespace(`n-${names.length}-${Math.random().toString(36).slice(2, 7)}`);
  for (const name of names) await world.install(namespace, name);
  const env = { PATH: cluster.path, HOME: cluster.testRoot };
  const real = helmDriver(new Helm({ binary: cluster.helm, kubeconfig: proxy.kubeconfig, env, maxProcesses: 8 }));
  const { client } = opened;
  const matchLabels = { 'purge-test': world.id, 'kubernetes.io/metadata.name': namespace };
  const deps: ExecuteDeps = {
    ...world.deps({ concurrency: 1, ...options.spec, namespaceSelector: { matchLabels } }),
    client,
    discovery: new Discovery(client),
    uninstaller: {
      driver: 'helm',
      uninstall: async (request) => {
        options.before?.();
        await real.uninstall(request);
      },
    },
  };
  return { namespace, deps, plan: await makePlan(deps) };
}

it('tries a release again whose helm alone was told to wait', async () => {
  const { namespace, deps, plan } = await scene(['a']);
  const refused = proxy.faults.add({ ...tooManyRequests(), where: ofHelm, count: 1 });
  const pauses: boolean[] = [];
  const report = await executePlan(deps, plan, { onPause: (isPaused) => pauses.push(isPaused) });
  expect([report.counts.purged, refused.hits, pauses]).toEqual([1, 1, [true, false]]);
  expect(await world.releases(namespace)).toEqual([]);
});

it('tries a release again that helm left half done, without saying why', async () => {
  let attempts = 0;
  const { namespace, deps, plan } = await scene(['a'], {
    before: () => {
      attempts += 1;
      if (attempts > 1) return;
      proxy.faults.add({ ...tooManyRequests(), where: { ...ofHelm, method: 'DELETE', path: /configmaps/ }, count: 1 });
      proxy.faults.add({ ...tooManyRequests(1), where: ofOurs, count: 2 });
    },
  });
  const report = await executePlan(deps, plan);
  expect([attempts, report.outcomes]).toMatchObject([2, [{ result: 'purged' }]]);
  expect([await world.releases(namespace), await world.objects(namespace)]).toEqual([[], []]);
});

it('gives up with the run: what had begun is named, what waited was not started', async () => {
  const { namespace, deps, plan } = await scene(['a', 'b'], { spec: { deadline: '3s' } });
  proxy.faults.add({ ...tooManyRequests(), where: ofHelm });
  const report = await executePlan(deps, plan);
  expect([report.stoppedBy, report.outcomes]).toMatchObject([
    'deadline',
    [
      {
        result: 'failed',
        code: 'HELM_THROTTLED',
        message: expect.stringContaining('not tried again: the run'),
        record: 'left',
      },
      { result: 'not-started' },
    ],
  ]);
  expect(await world.releases(namespace)).toEqual(['a', 'b']);
});

it('leaves alone what is kept since the pause began', async () => {
  let attempts = 0;
  const { namespace, deps, plan } = await scene(['a'], {
    before: () => {
      attempts += 1;
    },
  });
  proxy.faults.add({ ...tooManyRequests(), where: ofHelm, count: 1 });
  let kept: Promise<void> | undefined;
  const report = await executePlan(deps, plan, {
    onPause: () => {
      kept ??= world.patchNamespace(namespace, { annotations: { 'purge.velotio.com/keep': 'true' } });
    },
  });
  await kept;
  expect([attempts, report.outcomes]).toMatchObject([
    1,
    [{ result: 'skipped', reason: expect.stringContaining('purge.velotio.com/keep') }],
  ]);
  expect(await world.releases(namespace)).toEqual(['a']);
});

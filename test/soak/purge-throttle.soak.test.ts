// A purge while the API server has no time for anybody, for a minute: nothing fails, hardly anything is asked, and it goes on.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { purgeDriver } from '../../src/cli/purge-driver.ts';
import { Helm } from '../../src/helm/process.ts';
import { Discovery } from '../../src/kube/discovery.ts';
import { openClient } from '../../src/kube/open-client.ts';
import { executePlan } from '../../src/purge/execute/execute.ts';
import { makePlan } from '../../src/purge/plan/make-plan.ts';
import { tooManyRequests } from '../support/chaos/fault.ts';
import { ChaosProxy } from '../support/chaos-proxy.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const run = soak('purge-throttle', { seconds: 60 });
const [namespaces, perNamespace, concurrency] = [5, 4, 8];
const retryAfterS = 1;
/**
 * How often a driver asks for one release that is told to wait. client-go repeats a request ten times; helm has one under way
 * at a time here, and ends then. Natively it is told once.
 */
const tries = { helm: 11, native: 1 } as const;
let world: PurgeWorld;
let proxy: ChaosProxy;

beforeAll(async () => {
  world = await PurgeWorld.open('throttle', cluster);
  proxy = await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Releases in namespaces of their own. */
async function installed(prefix: string): Promise<readonly string[]> {
  const homes: string[] = [];
  for (let count = 0; count < namespaces; count += 1) {
    const namespace = await world.namespace(`${prefix}${count}`);
    const names = Array.from({ length: perNamespace }, (_each, at) => `r${at}`);
    await Promise.all(names.map((name) => world.install(namespace, name)));
    homes.push(namespace);
  }
  return homes;
}

it.each(['helm', 'native'] as const)('outlives 429 for everything, by %s', { timeout: 300_000 }, async (driver) => {
  const homes = await installed(driver);
  const { kubeconfig } = proxy;
  const { client, close } = await openClient({ kubeconfig, homeDir: cluster.testRoot });
  const env = { PATH: cluster.path, HOME: cluster.testRoot };
  const helm = new Helm({ binary: cluster.helm, kubeconfig, env, maxProcesses: concurrency });
  const acting = purgeDriver(driver, { client, helm });
  const deps = { ...world.deps({ concurrency }), ...acting, discovery: new Discovery(client) };
  const pauses: boolean[] = [];
  let throttledAtMs = Number.POSITIVE_INFINITY;
  const plan = await makePlan(deps, { namespaces: homes });
  const report = await executePlan(deps, plan, {
    onOutcome: () => {
      if (throttledAtMs !== Number.POSITIVE_INFINITY) return;
      throttledAtMs = performance.now();
      proxy.faults.add({ ...tooManyRequests(retryAfterS), forMs: run.durationMs });
    },
    onPause: (isPaused) => pauses.push(isPaused),
  });
  await close();
  const overMs = throttledAtMs + run.durationMs;
  const refused = proxy.log.count({ status: 429, sinceMs: throttledAtMs });
  run.print({ driver, refused, 'seconds after it': ((performance.now() - overMs) / 1_000).toFixed(1) });

  expect(report.counts).toEqual({ purged: namespaces * perNamespace, failed: 0, skipped: 0, notStarted: 0, kept: 0 });
  expect(pauses.slice(0, 1)).toEqual([true]);
  expect(pauses.at(-1)).toBe(false);
  // each driver in flight asks until it gives up, each look in flight is refused once, and from then on one asks for all
  const oneForAll = run.durationMs / 1_000 / retryAfterS;
  expect(refused).toBeLessThanOrEqual(concurrency * tries[driver] + concurrency + oneForAll);
  const left = await Promise.all(plan.namespaces.map(({ name }) => world.releases(name)));
  expect(left.flat()).toEqual([]);
});

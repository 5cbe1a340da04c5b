// A policy that is suspended, changed or lost while a run goes by it: what is in flight is finished, nothing more is started.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { policyOfCluster, policyOfFile } from '../../../src/cli/policy-at-work.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { clusterPolicyAgain } from '../../../src/purge/policy/cluster-policy.ts';
import { PolicyGuard } from '../../../src/purge/policy/policy-guard.ts';
import { runNight } from '../../../src/purge/run-night.ts';
import type { ReleaseUninstaller } from '../../../src/uninstall/uninstaller.ts';
import { kubectlApply } from '../../support/kubectl-apply.ts';
import { established, kubectl } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgepolicies.yaml');
  await established('purgepolicies.velotio.com');
  world = await PurgeWorld.open('switch', testCluster());
});
afterAll(async () => {
  await kubectl('delete', 'purgepolicies', '-l', `purge-test=${world.id}`);
  await world[Symbol.asyncDispose]();
});

let count = 0;
/** A namespace with two releases, and a policy about it. */
async function corner() {
  count += 1;
  const namespace = await world.namespace(`c${count}`);
  await world.install(namespace, 'a');
  await world.install(namespace, 'b'); // younger: it goes second
  const policy = {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgePolicy',
    metadata: { name: namespace, labels: { 'purge-test': world.id } },
    spec: {
      mode: 'Enforce',
      concurrency: 1,
      namespaceSelector: { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': namespace } },
    },
  };
  return { namespace, policy };
}

/** The real driver; the second release would come up more than a second after the change, which comes with the first. */
function changing(change: () => Promise<unknown>): ReleaseUninstaller {
  const real = world.uninstaller();
  let isFirst = true;
  return {
    driver: 'helm',
    uninstall: async (request) => {
      if (isFirst) {
        isFirst = false;
        await change();
        await delay(1_100);
      }
      await real.uninstall(request);
    },
  };
}

type Corner = Awaited<ReturnType<typeof corner>>;

describe('a policy in the cluster', () => {
  const name = ({ policy }: Corner): string => policy.metadata.name;
  const merge = (one: Corner, change: object) =>
    kubectl('patch', 'purgepolicy', name(one), '--type=merge', '-p', JSON.stringify(change));

  it.each<[string, (one: Corner) => Promise<unknown>, string]>([
    ['is suspended', (one) => merge(one, { spec: { suspend: true } }), 'suspended'],
    ['says something else', (one) => merge(one, { spec: { exclude: ['b'] } }), 'policy-changed'],
    ['is deleted', (one) => kubectl('delete', 'purgepolicy', name(one)), 'policy-changed'],
    [
      'is deleted and made again, word for word',
      async (one) => {
        await kubectl('delete', 'purgepolicy', name(one));
        await kubectlApply(one.policy);
      },
      'policy-changed',
    ],
  ])('that %s ends the run between two releases', async (_what, change, stoppedBy) => {
    const one = await corner();
    await kubectlApply(one.policy);
    const atWork = await policyOfCluster(world.client, { name: name(one) });
    const deps = {
      ...world.deps(
        {},
        changing(() => change(one)),
      ),
      ...atWork,
    };
    const report = await executePlan(deps, await makePlan(deps));
    expect(report).toMatchObject({ stoppedBy, counts: { purged: 1, failed: 0, notStarted: 1 } });
    expect(await world.releases(one.namespace)).toHaveLength(1);
  });

  it('of which only labels and status change, stands', async () => {
    const one = await corner();
    await kubectlApply(one.policy);
    const atWork = await policyOfCluster(world.client, { name: name(one) });
    const change = () => merge(one, { metadata: { labels: { other: 'label' } } });
    const deps = { ...world.deps({}, changing(change)), ...atWork };
    const report = await executePlan(deps, await makePlan(deps));
    expect(report.counts).toMatchObject({ purged: 2, notStarted: 0 });
  });

  it('that cannot be read keeps the release, which has failed', async () => {
    const one = await corner();
    await kubectlApply(one.policy);
    const { settings } = await policyOfCluster(world.client, { name: name(one) });
    const reader = world.client.impersonating('system:serviceaccount:default:nobody');
    const plan = await makePlan({ ...world.deps(), settings });
    const deps = world.deps();
    const guard = new PolicyGuard(clusterPolicyAgain(reader, name(one)), { version: 'any', clock: deps.clock });
    const report = await executePlan({ ...deps, settings, guard }, plan);
    expect(report.outcomes).toMatchObject([
      { result: 'failed', code: 'API_FORBIDDEN' },
      { result: 'failed', code: 'API_FORBIDDEN' },
    ]);
    expect(await world.releases(one.namespace)).toEqual(['a', 'b']);
  });
});

describe('a policy in a file', () => {
  async function fileOf({ policy }: Corner): Promise<string> {
    const file = join(await mkdtemp(join(testCluster().testRoot, 'policy-')), 'policy.yaml');
    await writeFile(file, stringify(policy));
    return file;
  }
  const rewrite = (file: string, { policy }: Corner, spec: object) =>
    writeFile(file, stringify({ ...policy, spec: { ...policy.spec, ...spec } }));
  const replaceByDirectory = async (file: string): Promise<void> => {
    await rm(file);
    await mkdir(file);
  };

  it.each<[string, (file: string, one: Corner) => Promise<unknown>, object]>([
    [
      'is suspended',
      (file, one) => rewrite(file, one, { suspend: true }),
      { stoppedBy: 'suspended', counts: { purged: 1, failed: 0, notStarted: 1 } },
    ],
    [
      'says something else',
      (file, one) => rewrite(file, one, { exclude: ['b'] }),
      { stoppedBy: 'policy-changed', counts: { purged: 1, failed: 0, notStarted: 1 } },
    ],
    [
      'is no policy any more',
      (file) => writeFile(file, 'spec: ['),
      { stoppedBy: 'policy-changed', counts: { purged: 1, failed: 0, notStarted: 1 } },
    ],
    ['is gone', (file) => rm(file), { stoppedBy: 'policy-changed', counts: { purged: 1, failed: 0, notStarted: 1 } }],
    [
      'cannot be read',
      (file) => replaceByDirectory(file),
      { counts: { purged: 1, failed: 1, notStarted: 0 }, outcomes: [{}, { code: 'POLICY_UNREADABLE' }] },
    ],
    [
      'has a comment more',
      (file, { policy }) => writeFile(file, `# careful\n${stringify(policy)}`),
      { counts: { purged: 2, failed: 0, notStarted: 0 } },
    ],
  ])('that %s', async (_what, change, expected) => {
    const one = await corner();
    const file = await fileOf(one);
    const deps = {
      ...world.deps(
        {},
        changing(() => change(file, one)),
      ),
      ...(await policyOfFile(file)),
    };
    const report = await executePlan(deps, await makePlan(deps));
    expect(report).toMatchObject(expected);
    expect(await world.releases(one.namespace)).toHaveLength(2 - report.counts.purged);
  });

  it('ends a night too', async () => {
    const one = await corner();
    const file = await fileOf(one);
    const told: Readonly<Record<string, unknown>>[] = [];
    const tell = (message: string, fields: Readonly<Record<string, unknown>>): void =>
      void told.push({ message, ...fields });
    const uninstaller = changing(() => rewrite(file, one, { suspend: true }));
    const deps = { ...world.deps({}, uninstaller), ...(await policyOfFile(file)) };
    const log = { info: tell, warn: tell, error: tell };
    const records = world.records();
    await runNight({ ...deps, records, log, lock: await world.lock('night') }, new AbortController().signal);
    expect(told.at(-1)).toMatchObject({ message: 'purge done', stoppedBy: 'suspended', purged: 1, notStarted: 1 });
    expect(await world.releases(one.namespace)).toHaveLength(1);
  });
});

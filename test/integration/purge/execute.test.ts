// Runs on a real cluster: bounds, failures, races, interruptions, and what is left afterwards.
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { reportSummary } from '../../../src/cli/purge-text.ts';
import { Helm } from '../../../src/helm/process.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import type { RunRecords } from '../../../src/purge/record/begin-record.ts';
import { runNight } from '../../../src/purge/run-night.ts';
import { helmDriver } from '../../../src/uninstall/helm-driver.ts';
import type { ReleaseUninstaller, UninstallRequest } from '../../../src/uninstall/uninstaller.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

const cluster = testCluster();
let world: PurgeWorld;
let lab: ReleaseLab;
let records: RunRecords;
beforeAll(async () => {
  [world, lab] = await Promise.all([PurgeWorld.open('run', cluster), ReleaseLab.open()]);
  records = world.records();
});
afterAll(async () => {
  await Promise.all([world[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()]);
});

/** A policy that sees one namespace of the corner alone. */
const only = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': namespace } },
});

/** The real driver with something around it. */
function wrapped(
  around: (request: UninstallRequest, real: ReleaseUninstaller) => Promise<unknown>,
): ReleaseUninstaller {
  const real = world.uninstaller();
  const uninstall = async (request: UninstallRequest): Promise<undefined> => {
    await around(request, real);
  };
  return { driver: 'helm', uninstall };
}

/** A zombie that nobody has waited for is not running. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await execa('ps', ['-o', 'stat=', '-p', String(pid)], { reject: false });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

describe('executePlan', () => {
  it('takes away what the plan says, and nothing else', async () => {
    const a = await world.namespace('a', { annotations: { 'keep.purge.velotio.com/pinned': 'true' } });
    const b = await world.namespace('b', { isSelected: false });
    await Promise.all([
      world.install(a, 'one'),
      world.install(a, 'pinned'),
      world.install(a, 'two', 'volume=protected'),
      world.install(b, 'one'),
    ]);
    const { report, outcomes } = await world.purge(world.deps());
    expect(outcomes).toEqual(['a/one purged', 'a/two purged']);
    expect(report.counts).toEqual({ purged: 2, failed: 0, skipped: 0, notStarted: 0, kept: 1 });
    expect(report.outcomes[1]?.leaves).toEqual(['PersistentVolumeClaim/two']);
    expect([await world.releases(a), await world.releases(b)]).toEqual([['pinned'], ['one']]);
    expect([await world.objects(a), await world.objects(b)]).toEqual([['pinned'], ['one']]);
    expect(await world.client.find(CoreResources.persistentVolumeClaims, { namespace: a, name: 'two' })).toBeDefined();
  });

  it('runs as many at once as allowed, in all and in a namespace', async () => {
    const namespaces = await Promise.all(['x', 'y', 'z'].map((suffix) => world.namespace(`wide-${suffix}`)));
    await Promise.all(namespaces.flatMap((ns) => ['a', 'b', 'c'].map((name) => world.install(ns, name))));
    const running: string[] = [];
    const seen = { all: 0, inOne: 0 };
    const uninstaller = wrapped(async (request, real) => {
      running.push(request.namespace);
      seen.all = Math.max(seen.all, running.length);
      seen.inOne = Math.max(seen.inOne, running.filter((namespace) => namespace === request.namespace).length);
      await real.uninstall(request).finally(() => running.splice(running.indexOf(request.namespace), 1));
    });
    const matchExpressions = [{ key: 'kubernetes.io/metadata.name', operator: 'In' as const, values: namespaces }];
    const deps = world.deps(
      {
        concurrency: 4,
        perNamespace: 2,
        namespaceSelector: { matchLabels: { 'purge-test': world.id }, matchExpressions },
      },
      uninstaller,
    );
    const { report } = await world.purge(deps);
    expect(report.counts).toMatchObject({ purged: 9, failed: 0 });
    expect(seen).toEqual({ all: 4, inOne: 2 });
    const left = await Promise.all(namespaces.map((namespace) => world.releases(namespace)));
    expect(left).toEqual([[], [], []]);
  });

  it('names the one that fails, and takes the others away', async () => {
    const ns = await world.namespace('failing');
    await Promise.all(['a', 'bad', 'c'].map((name) => world.install(ns, name)));
    const dir = await mkdtemp(join(cluster.testRoot, 'shim-'));
    const shim = join(dir, 'helm');
    await writeFile(
      shim,
      `#!/bin/sh\nif [ "$2" = bad ]; then echo 'Error: secrets is forbidden: User "x" cannot delete' >&2; exit 1; fi\nexec ${cluster.helm} "$@"\n`,
    );
    await chmod(shim, 0o755);
    const { report, outcomes } = await world.purge(world.deps(only(ns), world.uninstaller(shim)));
    expect(outcomes).toEqual(['failing/a purged', 'failing/bad failed', 'failing/c purged']);
    expect(report.outcomes[1]).toMatchObject({ code: 'HELM_FORBIDDEN', remedy: expect.any(String) });
    expect(await world.releases(ns)).toEqual(['bad']);
  });

  it('ends a helm that hangs, with all that it started, when its time is up', async () => {
    const ns = await world.namespace('hanging');
    await world.install(ns, 'a');
    const dir = await mkdtemp(join(cluster.testRoot, 'shim-'));
    const shim = join(dir, 'helm');
    await writeFile(shim, `#!/bin/sh\nsleep 600 &\necho "$$ $!" > ${dir}/pids\nwait\n`);
    await chmod(shim, 0o755);
    const { report } = await world.purge(world.deps({ ...only(ns), releaseTimeout: '1s' }, world.uninstaller(shim)));
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'failed', code: 'HELM_TIMEOUT' })]);
    const pids = (await readFile(join(dir, 'pids'), 'utf8')).trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await vi.waitFor(async () => expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]), 5_000);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('ends a helm that will not end, and what that started, within its grace', async () => {
    const ns = await world.namespace('stubborn');
    await world.install(ns, 'a');
    const dir = await mkdtemp(join(cluster.testRoot, 'shim-'));
    const shim = join(dir, 'helm');
    const stubborn = `trap "" TERM; echo $$ >> ${dir}/pids; while :; do sleep 0.1; done`;
    await writeFile(shim, `#!/bin/sh\n/bin/sh -c '${stubborn}' &\n${stubborn}\n`);
    await chmod(shim, 0o755);
    const { kubeconfig, path, testRoot } = cluster;
    const helm = new Helm({ binary: shim, kubeconfig, env: { PATH: path, HOME: testRoot }, graceMs: 500 });
    const { report } = await world.purge(world.deps({ ...only(ns), releaseTimeout: '1s' }, helmDriver(helm)));
    expect(report.outcomes).toEqual([expect.objectContaining({ code: 'HELM_TIMEOUT', record: 'left' })]);
    const pids = (await readFile(join(dir, 'pids'), 'utf8')).trim().split('\n').map(Number);
    expect(pids).toHaveLength(2);
    await vi.waitFor(async () => expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]), 5_000);
  });

  it('stops after so many failures one after another', async () => {
    const ns = await world.namespace('broken');
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => world.install(ns, name)));
    const broken: ReleaseUninstaller = { driver: 'helm', uninstall: () => Promise.reject(new Error('no')) };
    const deps = world.deps({ ...only(ns), concurrency: 1, limits: { maxConsecutiveFailures: 2 } }, broken);
    const { report } = await world.purge(deps);
    expect(report.counts).toMatchObject({ purged: 0, failed: 2, notStarted: 2 });
    expect(report.stoppedBy).toBe('failures');
    expect(await world.releases(ns)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reaches every other namespace where one has too many failures', async () => {
    const [poor, rich] = await Promise.all([world.namespace('poor'), world.namespace('rich')]);
    await lab.serviceAccount(
      rich,
      'purger',
      '[{apiGroups: [""], resources: [secrets, configmaps], verbs: [get, list, update, delete]}]',
    );
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all([poor, rich].flatMap((ns) => names.map((name) => world.install(ns, name))));
    const matchExpressions = [{ key: 'kubernetes.io/metadata.name', operator: 'In' as const, values: [poor, rich] }];
    const deps = world.deps({
      namespaceSelector: { matchLabels: { 'purge-test': world.id }, matchExpressions },
      serviceAccount: 'purger',
      concurrency: 1,
      limits: { maxConsecutiveFailures: 2 },
    });
    const { report } = await world.purge(deps);
    expect([await world.releases(rich), await world.objects(rich)]).toEqual([[], []]);
    expect(await world.releases(poor)).toEqual(names);
    expect(report.counts).toMatchObject({ purged: 6, failed: 2, notStarted: 4 });
    expect(report).not.toHaveProperty('stoppedBy'); // so the exit code is 1
    const notReached = report.outcomes.filter(({ result }) => result === 'not-started');
    expect(new Set(notReached.map((outcome) => 'reason' in outcome && outcome.reason))).toEqual(
      new Set([`too many releases of namespace ${poor} failed one after another (maxConsecutiveFailures)`]),
    );
  });

  it('does not believe a helm that only says it is done', async () => {
    const ns = await world.namespace('lying');
    await world.install(ns, 'a');
    const { report } = await world.purge(
      world.deps(
        only(ns),
        wrapped(async () => {}),
      ),
    );
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'failed', code: 'RECORD_LEFT' })]);
  });

  it('tells a race that it lost from a failure', async () => {
    const ns = await world.namespace('race');
    await world.install(ns, 'a');
    const twice = wrapped(async (request, real) => {
      await real.uninstall(request);
      await real.uninstall(request);
    });
    const { report } = await world.purge(world.deps(only(ns), twice));
    expect(report.outcomes).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining('somebody else') }),
    ]);
  });

  it('finishes what is in flight when it is interrupted, and starts nothing more', async () => {
    const ns = await world.namespace('interrupted');
    await Promise.all(['a', 'b', 'c'].map((name) => world.install(ns, name)));
    const abort = new AbortController();
    const uninstaller = wrapped(async (request, real) => {
      abort.abort();
      await real.uninstall(request);
    });
    const deps = world.deps({ ...only(ns), concurrency: 1 }, uninstaller);
    const report = await executePlan(deps, await makePlan(deps), { signal: abort.signal });
    expect(report.counts).toMatchObject({ purged: 1, failed: 0, notStarted: 2 });
    expect(report.stoppedBy).toBe('interrupted');
    expect(await world.releases(ns)).toHaveLength(2);
  });

  it('lists nothing as left that it did not look at, because it was ended', async () => {
    const ns = await world.namespace('ended');
    await world.install(ns, 'a', 'volume=protected');
    const force = new AbortController();
    const uninstaller = wrapped(async (request, real) => {
      await real.uninstall(request);
      force.abort();
    });
    const deps = world.deps(only(ns), uninstaller);
    const report = await executePlan(deps, await makePlan(deps), { forceSignal: force.signal });
    expect(report.outcomes).toEqual([expect.objectContaining({ name: 'a', result: 'purged' })]);
    expect(report.outcomes[0]).not.toHaveProperty('left');
    expect(report.unlooked).toBe('ended');
    const lines = reportSummary(report, { context: undefined, serviceAccount: undefined });
    expect(lines.at(-1)).toBe('what is left was not looked at: the run was ended');
    expect(lines.filter((line) => line.includes('kubectl'))).toEqual([]);
  });

  it('starts nothing after the deadline', async () => {
    const ns = await world.namespace('late');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const slow = wrapped(async (request, real) => {
      await real.uninstall(request);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    });
    const { report } = await world.purge(world.deps({ ...only(ns), concurrency: 1, deadline: '1s' }, slow));
    expect(report.counts).toMatchObject({ purged: 1, notStarted: 1 });
    expect(report.stoppedBy).toBe('deadline');
  });

  it.each<[string, (ns: string) => Promise<void>, string]>([
    ['upgraded', (ns) => world.upgrade(ns, 'a'), 'touched since the plan'],
    [
      'uninstalled and installed again, to the same revision',
      async (ns) => {
        await world.helm('uninstall', 'a', '-n', ns);
        await world.install(ns, 'a');
      },
      'touched since the plan',
    ],
    [
      'kept by its namespace',
      (ns) => world.patchNamespace(ns, { annotations: { 'purge.velotio.com/keep': 'true' } }),
      'purge.velotio.com/keep',
    ],
    [
      'no longer selected',
      (ns) => world.patchNamespace(ns, { labels: { 'purge-test': 'other' } }),
      'no longer selected',
    ],
    [
      'kept by its record',
      async (ns) => {
        const annotations = { 'purge.velotio.com/keep': 'true' };
        const name = 'sh.helm.release.v1.a.v1';
        await world.client.merge(
          CoreResources.secrets,
          { metadata: { annotations } },
          { namespace: ns, name, fieldManager: 'test' },
        );
      },
      'a record of the release carries',
    ],
  ])('leaves alone a release that after the plan was %s', async (what, change, reason) => {
    const ns = await world.namespace(`after-${what.replaceAll(/[^a-z]/g, '').slice(0, 12)}`);
    await world.install(ns, 'a');
    const { report } = await world.purge(world.deps(only(ns)), () => change(ns));
    expect(report.outcomes).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining(reason) }),
    ]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('keeps, and calls failed, what it cannot look at again', async () => {
    const ns = await world.namespace('unreadable');
    await world.install(ns, 'a');
    const deps = world.deps(only(ns));
    const plan = await makePlan(deps);
    const client = deps.client.impersonating('system:serviceaccount:default:nobody');
    const report = await executePlan({ ...deps, client }, plan);
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'failed', code: 'API_FORBIDDEN' })]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('leaves alone a namespace that was deleted and made again since the plan', async () => {
    const ns = await world.namespace('again');
    await world.install(ns, 'a');
    const plan = await makePlan(world.deps(only(ns)));
    const namespaces = plan.namespaces.map((one) => ({ ...one, uid: 'of-its-predecessor' }));
    const report = await executePlan(world.deps(only(ns)), { ...plan, namespaces });
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'skipped' })]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('never touches a denied namespace, whatever it is labelled', async () => {
    const name = 'kube-public';
    await world.patchNamespace(name, { labels: { 'purge-test': world.id } });
    await world.install(name, world.id);
    try {
      const { plan, report } = await world.purge(world.deps(only(name)));
      expect(plan.namespaces).toEqual([expect.objectContaining({ name, state: 'denied' })]);
      expect(report.outcomes).toEqual([]);
      expect(await world.releases(name)).toContain(world.id);
    } finally {
      await world.helm('uninstall', world.id, '-n', name);
      await world.patchNamespace(name, { labels: { 'purge-test': null } });
    }
  });
});

describe('runNight', () => {
  it('starts nothing more when it is told to stop, and ends what hangs when it is forced', async () => {
    const ns = await world.namespace('forced');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const dir = await mkdtemp(join(cluster.testRoot, 'shim-'));
    const shim = join(dir, 'helm');
    await writeFile(shim, `#!/bin/sh\necho begun > ${dir}/begun\nsleep 600\n`);
    await chmod(shim, 0o755);
    const told: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
    const tell = (message: string, fields: Readonly<Record<string, unknown>>): void =>
      void told.push({ message, fields });
    const [stop, force] = [new AbortController(), new AbortController()];
    const deps = world.deps({ ...only(ns), mode: 'Enforce', concurrency: 1 }, world.uninstaller(shim));
    const log = { info: tell, warn: tell, error: tell };
    const lock = await world.lock('night');
    const night = runNight({ ...deps, records, log, lock, forceSignal: force.signal }, stop.signal);
    await vi.waitFor(() => readFile(join(dir, 'begun')), 20_000);
    stop.abort();
    force.abort();
    await night;
    expect(told.at(-1)).toMatchObject({ message: 'purge done', fields: { purged: 0, failed: 1, notStarted: 1 } });
    expect(await world.releases(ns)).toEqual(['a', 'b']);
  });

  it('says that nothing was deleted where it is stopped before it has a plan', async () => {
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const log = { info: tell, warn: tell, error: tell };
    const lock = await world.lock('stopped');
    await runNight({ ...world.deps({ mode: 'Enforce' }), records, log, lock }, AbortSignal.abort());
    expect(told).toEqual(['purge interrupted, nothing was deleted']);
  });

  it('only tells its plan in DryRun, purges in Enforce, and rests while suspended', async () => {
    const ns = await world.namespace('night');
    await world.install(ns, 'a');
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const log = { info: tell, warn: tell, error: tell };
    const signal = new AbortController().signal;
    const lock = await world.lock('night');

    await runNight({ ...world.deps({ ...only(ns), mode: 'Enforce', suspend: true }), records, log, lock }, signal);
    await runNight({ ...world.deps(only(ns)), records, log, lock }, signal);
    expect(await world.releases(ns)).toEqual(['a']);
    await runNight({ ...world.deps({ ...only(ns), mode: 'Enforce' }), records, log, lock }, signal);
    expect(await world.releases(ns)).toEqual([]);
    expect(told).toEqual([
      'purge is suspended',
      'purge planned',
      'release planned',
      'purge planned',
      'release planned',
      'release settled',
      'purge done',
    ]);
  });
});

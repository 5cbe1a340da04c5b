// The purge's Lease on a real API server: one purges, the others are told who; a dead holder expires; a lost one ends helm.
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPurgeLock, purgeLeaseName } from '../../../src/cli/purge-lock.ts';
import { Helm } from '../../../src/helm/process.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import type { HeldPurgeLock, PurgeLock } from '../../../src/purge/lock/purge-lock.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { runNight } from '../../../src/purge/run-night.ts';
import { helmDriver } from '../../../src/uninstall/helm-driver.ts';
import { leases } from '../../support/free-lease.ts';
import { grant } from '../../support/grant.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

const cluster = testCluster();
let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('lock', cluster);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const hand = { withinMs: 30_000, isPatient: false } as const;
const never = new AbortController().signal;

async function pair(): Promise<{ readonly namespace: string; readonly one: PurgeLock; readonly other: PurgeLock }> {
  const namespace = await world.operatorNamespace();
  return { namespace, one: await world.lock('alice', namespace), other: await world.lock('bob', namespace) };
}

/** As a holder leaves it that died just now. */
async function dieHolding(namespace: string): Promise<void> {
  const now = new Date().toISOString().replace('Z', '000Z');
  const spec = {
    holderIdentity: 'dead',
    leaseDurationSeconds: 15,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: 3,
  };
  await world.client.merge(leases, { spec }, { namespace, name: purgeLeaseName, fieldManager: 'test' });
}

describe('acquire', () => {
  it('lets one in, tells the other at once who it is since when, and lets that one in after a release', async () => {
    const { one, other } = await pair();
    const held = await one.acquire(hand);
    one.assertHeld();
    expect([one.isHeld, other.isHeld]).toEqual([true, false]);
    const waiting = vi.fn();
    await expect(other.acquire({ ...hand, onWaiting: waiting })).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringMatching(/is held by alice since \d{4}-\d\d-\d\dT/),
    });
    expect(waiting).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ identity: 'alice' }));
    expect(() => other.assertHeld()).toThrowError(expect.objectContaining({ code: 'LEASE_LOST' }));
    one.assertHeld();

    await held.release();
    expect(one.isHeld).toBe(false);
    expect(() => one.assertHeld()).toThrowError(expect.objectContaining({ code: 'LEASE_LOST' }));
    const startedMs = performance.now();
    await (await other.acquire(hand)).release();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('waits for a holder that lives where it is patient, until it is told to stop or the time is over', async () => {
    const { one, other } = await pair();
    const held = await one.acquire(hand);
    await expect(other.acquire({ withinMs: 500, isPatient: true })).rejects.toMatchObject({ code: 'LOCK_HELD' });
    const stop = new AbortController();
    const stopped = other.acquire({ withinMs: 60_000, isPatient: true, signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const got = other.acquire({ withinMs: 60_000, isPatient: true });
    await held.release();
    await (await got).release();
  });

  it('takes over from a holder that is dead, and not before 15 s', async () => {
    const { namespace, one } = await pair();
    await dieHolding(namespace);
    const startedMs = performance.now();
    const held = await one.acquire(hand);
    expect(performance.now() - startedMs).toBeGreaterThan(14_000);
    await held.release();
  });

  it('does not run without the lock: names the rights, or the namespace, that are missing', async () => {
    const namespace = await world.operatorNamespace();
    const operator = { namespaces: [namespace], releaseName: 'bookstore-operator' };
    const rights = { namespace, resources: ['leases.coordination.k8s.io'] };
    const user = `reader-${world.id}`;
    await grant({ ...rights, name: 'reader', user, verbs: ['get', 'watch'] });
    for (const one of [user, `nobody-${world.id}`]) {
      const lock = newPurgeLock(world.client.impersonating(one), { operator, identity: one });
      await expect(lock.acquire(hand)).rejects.toMatchObject({
        code: 'LOCK_FORBIDDEN',
        remedy: expect.stringContaining(
          `get, watch, create and patch on leases.coordination.k8s.io in namespace ${namespace}`,
        ),
      });
    }
    await expect((await world.lock('lost', 'nowhere')).acquire(hand)).rejects.toMatchObject({
      code: 'LOCK_NAMESPACE_MISSING',
      remedy: expect.stringContaining('kubectl create namespace nowhere'),
    });
  });
});

/** helm that hangs, fenced by a lock. */
async function hanging(lock: PurgeLock) {
  const dir = await mkdtemp(join(cluster.testRoot, 'shim-'));
  const binary = join(dir, 'helm');
  await writeFile(binary, `#!/bin/sh\necho begun >> ${dir}/begun\nsleep 600\n`);
  await chmod(binary, 0o755);
  const { kubeconfig, path, testRoot } = cluster;
  const env = { PATH: path, HOME: testRoot };
  const helm = new Helm({ binary, kubeconfig, env, beforeStart: () => lock.assertHeld(), graceMs: 1_000 });
  return { uninstaller: helmDriver(helm), begun: () => readFile(join(dir, 'begun'), 'utf8') };
}

describe('a run', () => {
  it('whose Lease was taken ends helm, begins nothing more, and says why', async () => {
    const ns = await world.namespace('taken');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const { namespace, one } = await pair();
    const { uninstaller, begun } = await hanging(one);
    const spec = { concurrency: 1, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } } };
    const deps = world.deps(spec, uninstaller);
    const plan = await makePlan(deps);
    const held: HeldPurgeLock = await one.acquire(hand);
    const running = executePlan(deps, plan, { signal: held.signal, forceSignal: held.signal });
    await vi.waitFor(begun, 20_000);
    await dieHolding(namespace);
    const report = await running;
    await held.release();
    expect(report).toMatchObject({ stoppedBy: 'lock-lost', counts: { purged: 0, failed: 1, notStarted: 1 } });
    expect(report.outcomes[1]).toMatchObject({ reason: expect.stringContaining('Lease was lost') });
    expect((await begun()).trim().split('\n')).toHaveLength(1);
    expect(await world.releases(ns)).toEqual(['a', 'b']);
  });

  it('does not start helm without the lock', async () => {
    const ns = await world.namespace('fenced');
    await world.install(ns, 'a');
    const { one } = await pair();
    const { uninstaller, begun } = await hanging(one);
    const deps = world.deps({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } } }, uninstaller);
    const report = await executePlan(deps, await makePlan(deps));
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'failed', code: 'LEASE_LOST' })]);
    await expect(begun()).rejects.toThrow('ENOENT');
  });
});

describe('a night', () => {
  it('waits for a purge at work elsewhere, says whose, and purges then; one that only plans does not wait', async () => {
    const ns = await world.namespace('night');
    await world.install(ns, 'a');
    const { one, other } = await pair();
    const told: string[] = [];
    const tell = (message: string, { holder }: Readonly<Record<string, unknown>>): void =>
      void told.push(holder === undefined ? message : `${message}: ${JSON.stringify(holder)}`);
    const log = { info: tell, warn: tell, error: tell };
    const records = world.records();
    const only = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } } };
    const held = await one.acquire(hand);

    await runNight({ ...world.deps(only), records, log, lock: other }, never);
    expect(told.splice(0)).toEqual(['purge planned', 'release planned']);

    const night = runNight({ ...world.deps({ ...only, mode: 'Enforce' }), records, log, lock: other }, never);
    await vi.waitFor(() => expect(told).toEqual(['purge waits for its lock: "alice"']), 20_000);
    expect(await world.releases(ns)).toEqual(['a']);
    await held.release();
    await night;
    expect(told.at(-1)).toBe('purge done');
    expect(await world.releases(ns)).toEqual([]);
    await (await one.acquire(hand)).release();
  });

  it('gives up when its window is over', async () => {
    const { one, other } = await pair();
    const held = await one.acquire(hand);
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const deps = world.deps({ mode: 'Enforce', startingDeadlineSeconds: 1 });
    const records = world.records();
    await expect(runNight({ ...deps, records, log, lock: other }, never)).rejects.toMatchObject({ code: 'LOCK_HELD' });
    await held.release();
  });
});

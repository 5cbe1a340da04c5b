// `bookstore-operator purge restore …` as a user runs it: after a real purge, with real questions, locks and exit codes.
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPurgeLock } from '../../src/cli/purge-lock.ts';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import type { RestoreReport } from '../../src/purge/restore/restore-report.ts';
import { PurgeCli } from '../support/purge-cli.ts';
import { testCluster } from '../support/test-context.ts';
import { configMap, keptClaim, service } from '../support/undo-charts.ts';
import { UndoWorld } from '../support/undo-world.ts';

const cluster = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
let corner: UndoWorld;
let cli: PurgeCli;
beforeAll(async () => {
  corner = await UndoWorld.open('e2e-restore');
  cli = await PurgeCli.open(corner.world);
});
afterAll(async () => {
  await corner[Symbol.asyncDispose]();
});

const purge = (args: readonly string[], options?: Options) => cli.run(args, options);

/** A policy for one namespace. */
const policy = (namespace: string, spec?: string) =>
  cli.policyFile({ namespace, ...(spec === undefined ? {} : { spec }) });

/** A run as `purger`, with its report. */
async function purged(
  namespace: string,
  spec = '  serviceAccount: purger\n',
  ...more: readonly string[]
): Promise<PurgeReport> {
  const command = ['run', '-f', await policy(namespace, spec), '--yes', '-o', 'json', ...more];
  const { stdout, exitCode, stderr } = await purge(command);
  expect(exitCode, String(stderr)).toBe(0);
  const report = JSON.parse(String(stdout)) as PurgeReport;
  expect(String(stderr)).toContain(`bookstore-operator purge restore ${report.run}`);
  return report;
}

describe('purge restore', () => {
  it('brings back what purge run took away, by the name that it printed, and once', async () => {
    const ns = await corner.namespace('all');
    await corner.install(ns, 'shop', configMap() + service + keptClaim);
    await corner.install(ns, 'web', configMap());
    const manifest = await corner.manifest(ns, 'shop');
    const { run } = await purged(ns);
    expect(await corner.state(ns, 'shop')).toBeUndefined();

    const dry = await purge(['restore', run, '--dry-run']);
    expect([dry.exitCode, dry.stderr]).toEqual([0, expect.stringContaining('2 can be restored')]);
    expect(dry.stderr).toContain(`server ${cluster.server}`);
    expect(dry.stderr).toContain('acting as the serviceAccount purger');
    expect(await corner.state(ns, 'shop')).toBeUndefined();

    const one = await purge(['restore', run, `${ns}/web`, '--yes']);
    expect([one.exitCode, one.stdout]).toEqual([
      0,
      expect.stringMatching(/ web +1 +restored .* deployed as revision 2$/),
    ]);
    expect([await corner.state(ns, 'web'), await corner.state(ns, 'shop')]).toEqual(['2 deployed', undefined]);

    const rest = await purge(['restore', run, '--yes', '-o', 'json']);
    expect(rest.exitCode).toBe(0);
    const report = JSON.parse(String(rest.stdout)) as RestoreReport;
    expect(report).toMatchObject({ kind: 'PurgeRestoreReport', run, counts: { restored: 1, skipped: 1 } });
    expect(await corner.manifest(ns, 'shop')).toBe(manifest);

    const again = await purge(['restore', run, '--yes']);
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('nothing to restore')]);
  });

  it('asks on a terminal for the number, and without one wants --yes', async () => {
    const ns = await corner.namespace('asks');
    await corner.install(ns, 'shop', configMap());
    const { run } = await purged(ns);
    const piped = await purge(['restore', run]);
    expect([piped.exitCode, piped.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    const command = `${process.execPath} ${main} purge restore ${run}`;
    const onTerminal = (input: string) =>
      execa('script', ['-qec', command, '/dev/null'], { env: cli.env, input, reject: false });
    const no = await onTerminal('7\n');
    expect([no.exitCode, no.stdout]).toEqual([130, expect.stringContaining('This brings back 1 release in ')]);
    expect(await corner.state(ns, 'shop')).toBeUndefined();
    expect((await onTerminal('1\n')).exitCode).toBe(0);
    expect(await corner.state(ns, 'shop')).toBe('2 deployed');
  });

  it('wants to know whose rights it uses where the run acted as nobody, and takes a report file for a run', async () => {
    const ns = await corner.namespace('who');
    await corner.install(ns, 'shop', configMap());
    const file = join(cli.directory, 'report.json');
    await purged(ns, '', '--report', file);
    const nobody = await purge(['restore', file, '--yes']);
    expect([nobody.exitCode, nobody.stderr]).toEqual([2, expect.stringContaining('--service-account NAME')]);
    expect(await corner.state(ns, 'shop')).toBeUndefined();
    const lines = String(nobody.stderr).match(/kubectl create [^&.]+(?= &&|\.)/g) ?? [];
    expect(lines).toHaveLength(2);
    for (const line of lines) await corner.lab.kubectl(...line.trim().split(' ').slice(1));
    const named = await purge(['restore', file, '--yes', '--service-account', 'restorer']);
    expect([named.exitCode, named.stderr]).toEqual([0, expect.stringContaining('as the serviceAccount restorer')]);
    expect(await corner.state(ns, 'shop')).toBe('2 deployed');
  });

  it('names what it refuses, and ends with 1', async () => {
    const ns = await corner.namespace('refuses');
    await Promise.all(['shop', 'web'].map((name) => corner.install(ns, name, configMap())));
    const { run } = await purged(ns);
    await corner.install(ns, 'web', configMap());
    const dry = await purge(['restore', run, '--dry-run', '--kubeconfig', cluster.kubeconfig]);
    expect([dry.exitCode, dry.stderr]).toEqual([
      1,
      expect.stringContaining(`--namespace ${ns} --kubeconfig ${cluster.kubeconfig} --kube-context `),
    ]);
    const { exitCode, stderr } = await purge(['restore', run, '--yes']);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${ns}/web refused (NAME_IN_USE)`)]);
    const flags = `--kube-context ${corner.lab.client.context} --kube-as-user system:serviceaccount:${ns}:purger`;
    for (const verb of ['history', 'uninstall'])
      expect(stderr).toContain(`helm ${verb} web --namespace ${ns} ${flags}.`);
    expect([await corner.state(ns, 'shop'), await corner.state(ns, 'web')]).toEqual(['2 deployed', '1 deployed']);
    const unknown = await purge(['restore', run, `${ns}/nobody`, '--yes']);
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining('UNDO_NOTE_MISSING')]);
  });

  it('ends with 2 where there is no such run, and with 5 where a purge is at work', async () => {
    expect((await purge(['restore', 'nightly-20200101000000-aaaaa', '--yes'])).exitCode).toBe(2);
    expect((await purge(['restore', './nothing.json', '--yes'])).exitCode).toBe(2);
    const ns = await corner.namespace('locked');
    await corner.install(ns, 'shop', configMap());
    const { run } = await purged(ns);
    const operator = { namespaces: [cli.operatorNamespace], releaseName: 'bookstore-operator' };
    const lock = newPurgeLock(corner.lab.client, { operator, identity: 'alice@laptop_1' });
    const held = await lock.acquire({ withinMs: 30_000, isPatient: false });
    try {
      const { exitCode, stderr } = await purge(['restore', run, '--yes']);
      expect([exitCode, stderr]).toEqual([5, expect.stringContaining('alice@laptop_1')]);
      expect(await corner.state(ns, 'shop')).toBeUndefined();
    } finally {
      await held.release();
    }
  });
});

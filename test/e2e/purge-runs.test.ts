// `purge runs`, `purge run --plan` and `--report` as a user runs them, and what a run that was killed leaves behind.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PurgeRun } from '../../src/api/v1alpha1/purge-run.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { PurgePlan } from '../../src/purge/plan/plan.ts';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import { purgeRuns } from '../../src/purge/record/run-object.ts';
import type { RunFile } from '../../src/purge/record/run-record.ts';
import { established, eventually, kubectl } from '../support/operator-run.ts';
import { PurgeCli } from '../support/purge-cli.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
/** As a run says where it is worked at; its Lease begins with the same. */
const host = `${userInfo().username}@${hostname()}`;
let world: PurgeWorld;
let cli: PurgeCli;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgeruns.yaml');
  await established('purgeruns.velotio.com');
  world = await PurgeWorld.open('runs', cluster);
  cli = await PurgeCli.open(world);
});
afterAll(async () => {
  for (const { metadata } of await ours()) await world.client.delete(purgeRuns, { name: metadata.name });
  await world[Symbol.asyncDispose]();
});

type StoredPurgeRun = PurgeRun & KubeObject;

/** Those of the policies of this file. */
async function ours(): Promise<readonly StoredPurgeRun[]> {
  const { items } = await world.client.list<StoredPurgeRun>(purgeRuns);
  return items.filter(({ spec }) => spec.policy.startsWith(world.id));
}

const purge = (args: readonly string[], options?: Options) => cli.run(args, options);

/** A policy that sees one namespace and has its name, and what a test adds to its spec. */
const policy = (namespace: string, spec = '') => cli.policyFile({ namespace, spec, name: namespace });

describe('purge runs', () => {
  it('lists what was run, and shows one with what became of each release', async () => {
    const ns = await world.namespace('listed');
    await world.install(ns, 'a');
    const file = await policy(ns);
    const first = JSON.parse(String((await purge(['run', '-f', file, '--yes', '-o', 'json'])).stdout)) as PurgeReport;
    expect(first.run).toMatch(new RegExp(`^${ns.slice(0, 40)}-\\d{14}-[a-z0-9]{5}$`));

    const listed = await purge(['runs']);
    expect(listed.exitCode).toBe(0);
    const lines = String(listed.stdout).split('\n');
    expect(lines[0]).toMatch(/^RUN +POLICY +PHASE +PURGED +FAILED +KEPT +AGE +BY$/);
    const rows = lines.filter((line) => line.includes(ns));
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([first.run]);
    const { stdout: me } = await execa(
      cluster.kubectl,
      ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'],
      {
        env: { KUBECONFIG: cluster.kubeconfig },
      },
    );
    expect(rows[0]?.split(/ {2,}/)).toEqual([first.run, ns, 'Succeeded', '1', '0', '0', expect.any(String), me]);

    const shown = await purge(['runs', first.run]);
    expect(shown.stdout).toMatch(new RegExp(`^NAMESPACE.*\\n${ns} +a +1 +purged `));
    expect(shown.stderr).toContain(`run ${first.run}: Succeeded, policy ${ns}`);
    expect(shown.stderr).toMatch(new RegExp(`asked for by ${me}, done by ${host}_\\d+`));

    const missing = await purge(['runs', first.run.replace(/.$/, '_')]);
    expect([missing.exitCode, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toContain(first.run);
  });

  it('finds the report files of those who may make no PurgeRun, and claims nothing about those that it may not list', async () => {
    const ns = await world.namespace('filed');
    await world.install(ns, 'a');
    const user = `${world.id}-filer`;
    await kubectl('create', 'clusterrole', user, '--verb=*', '--resource=namespaces,secrets,configmaps,leases');
    await kubectl('create', 'clusterrolebinding', user, `--clusterrole=${user}`, `--user=${user}`);
    try {
      const flags = ['--kubeconfig', await cli.kubeconfigAs(user)];
      const env = { XDG_STATE_HOME: join(cli.directory, 'filer') };
      const none = await purge(['runs', ...flags], { env });
      expect([none.exitCode, none.stdout]).toEqual([6, '']);
      expect(none.stderr).not.toContain('there is no run yet');
      expect(none.stderr).toMatch(/^error: cannot list purgeruns\b.*\n +→ Grant the missing right/m);

      const own = join(cli.directory, 'own.json');
      const { exitCode, stderr } = await purge(['run', '-f', await policy(ns), '--yes', '--report', own, ...flags], {
        env,
      });
      expect(exitCode).toBe(0);
      expect(stderr).toContain('cannot create resource "purgeruns"');
      const path = /^report: (.*filer\/bookstore-operator\/purge\/.*\.json)$/m.exec(String(stderr))?.[1] ?? '';
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(stderr).toContain(`report: ${own}`);
      expect(await readFile(path, 'utf8')).toBe(await readFile(own, 'utf8'));
      const report = JSON.parse(await readFile(path, 'utf8')) as RunFile;
      expect(report).toMatchObject({ counts: { purged: 1 }, record: { phase: 'Succeeded', requestedBy: user } });

      const listed = await purge(['runs', '-o', 'json', ...flags], { env });
      expect(JSON.parse(String(listed.stdout))).toMatchObject({ items: [{ run: report.run, file: path }] });
      expect([listed.exitCode, listed.stderr]).toEqual([6, expect.stringContaining('cannot list purgeruns')]);
      const shown = await purge(['runs', report.run, ...flags, '-o', 'json'], { env });
      expect(JSON.parse(String(shown.stdout))).toEqual(report);
    } finally {
      await kubectl('delete', 'clusterrole,clusterrolebinding', user);
    }
  });
});

describe('purge run', () => {
  it('that is killed leaves a record of what was known, and is told as dead, by the next run in writing', async () => {
    const ns = await world.namespace('killed');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const pid = join(cli.directory, 'hanging.pid');
    const env = await cli.shim(
      `if [ "$1 $2" = 'uninstall b' ]; then echo $$ > ${pid}; exec sleep 600; fi\nexec ${cluster.helm} "$@"`,
    );
    const own = join(cli.directory, 'killed.json');
    const args = ['run', '-f', await policy(ns, '  concurrency: 1\n'), '--yes', '--driver', 'helm', '--report', own];
    const running = purge(args, { env });
    const known = async () => (await ours()).find(({ spec }) => spec.policy === ns);
    await eventually('the first outcome is recorded', async () => (await known())?.status?.counts?.purged === 1);
    await eventually('and in the file too', async () => {
      const { counts } = JSON.parse(await readFile(own, 'utf8')) as RunFile;
      return counts.purged === 1;
    });
    running.kill('SIGKILL');
    await running;
    await endIfThere(Number(await readFile(pid, 'utf8')));

    const run = await known();
    expect(run?.status).toMatchObject({
      phase: 'Running',
      planned: { purge: 2 },
      counts: { purged: 1, failed: 0, notStarted: 0 },
      outcomes: [{ name: 'a', result: 'purged' }],
      worker: `${host}_${running.pid}`,
    });
    expect(run?.status?.completedAt).toBeUndefined();
    expect(JSON.parse(await readFile(own, 'utf8'))).toMatchObject({
      run: run?.metadata.name,
      outcomes: [{ name: 'a', result: 'purged' }],
      record: { phase: 'Running' },
    });
    expect(await world.releases(ns)).toEqual(['b']);

    const ending = `its worker ${host}_${running.pid} died: 1 of 2 outcomes were recorded; look at the 1 without one: each may be gone, half gone or untouched; begun of these: ${ns}/b`;
    const name = run?.metadata.name ?? '';
    const shown = await purge(['runs', name]);
    expect(shown.stderr).toContain(`${name}: Failed (interrupted)`);
    expect(shown.stderr).toContain('over: the next purge notes it');
    expect(shown.stderr).toContain(ending);
    expect((await known())?.metadata.resourceVersion).toBe(run?.metadata.resourceVersion); // showing writes nothing

    const again = await purge(['run', '-f', await policy(ns), '--yes']);
    expect([again.exitCode, await world.releases(ns)]).toEqual([0, []]);
    expect(again.stderr).toContain(`note: run ${name} is over, and noted as such: ${ending}`);
    const noted = (await ours()).find(({ metadata }) => metadata.name === name);
    expect(noted?.status).toMatchObject({
      phase: 'Failed',
      stoppedBy: 'interrupted',
      outcomes: [{ name: 'a', result: 'purged' }],
      conditions: [{ reason: 'WorkerDied', message: ending }],
    });
    expect((await purge(['runs', name])).stderr).toMatch(/found to be over 2\d{3}-/);
  });
});

describe('purge run --plan', () => {
  /** A namespace with releases, its policy, and the plan of it as a file. */
  async function planned(suffix: string, ...names: string[]) {
    const ns = await world.namespace(suffix);
    await Promise.all(names.map((name) => world.install(ns, name)));
    const file = await policy(ns);
    const { stdout } = await purge(['plan', '-f', file, '-o', 'json']);
    const plan = join(cli.directory, `${ns}.json`);
    await writeFile(plan, String(stdout));
    return { ns, file, plan, content: JSON.parse(String(stdout)) as PurgePlan };
  }
  const run = (file: string, plan: string, ...more: string[]) =>
    purge(['run', '-f', file, '--plan', plan, '--yes', ...more]);

  it('purges exactly what the plan says while nothing has changed; what is new stays, and that is said', async () => {
    const { ns, file, plan } = await planned('plan', 'a', 'b');
    await world.install(ns, 'new');
    const { exitCode, stderr } = await run(file, plan);
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(new RegExp(`left alone: 1 release .* content was not read: ${ns}/new`)),
    ]);
    expect(await world.releases(ns)).toEqual(['new']);
    const again = await run(file, plan);
    expect([again.exitCode, again.stdout]).toEqual([4, expect.stringMatching(/a +purge revision 1 +gone/)]);
  });

  it('takes the plan from stdin, as YAML too, and -n narrows it', async () => {
    const { ns, file, content } = await planned('stdin', 'a');
    const elsewhere = await purge(['run', '-f', file, '--plan', '-', '--yes', '-n', cli.operatorNamespace], {
      input: JSON.stringify(content),
    });
    expect([elsewhere.exitCode, elsewhere.stderr]).toEqual([0, expect.stringContaining('nothing to purge')]);
    expect(await world.releases(ns)).toEqual(['a']);
    const { stdout } = await purge(['plan', '-f', file, '-o', 'yaml']);
    expect((await purge(['run', '-f', file, '--plan', '-'], { input: String(stdout) })).exitCode).toBe(2);
    const { exitCode } = await purge(['run', '-f', file, '--plan', '-', '--yes'], { input: String(stdout) });
    expect([exitCode, await world.releases(ns)]).toEqual([0, []]);
  });

  type Planned = Awaited<ReturnType<typeof planned>>;
  it.each<[string, (made: Planned) => Promise<unknown>, RegExp]>([
    ['upgraded', ({ ns }) => world.upgrade(ns, 'a'), /\/a +purge revision 1 +revision 2: it was upgraded/],
    [
      'deleted and installed again',
      async ({ ns }) => {
        await world.helm('uninstall', 'a', '-n', ns);
        await world.install(ns, 'a');
      },
      /\/a +purge revision 1 +revision 1: it was touched, or deleted and installed again/,
    ],
    [
      'kept',
      ({ ns }) => world.patchNamespace(ns, { annotations: { 'keep.purge.velotio.com/a': 'true' } }),
      /\/a +purge revision 1 +keep: .*keep\.purge\.velotio\.com\/a/,
    ],
    ['excluded by the policy', ({ ns }) => policy(ns, '  exclude: [a]\n'), /\/a +purge revision 1 +keep: .*exclude/],
  ])('deletes nothing, lists why, and ends with 4 where a release was %s meanwhile', async (what, change, line) => {
    const made = await planned(`stale-${what.split(' ')[0]}`, 'a', 'b');
    const changed = await change(made);
    const file = typeof changed === 'string' ? changed : made.file;
    const { exitCode, stdout, stderr } = await run(file, made.plan);
    expect([exitCode, stdout]).toEqual([4, expect.stringMatching(line)]);
    expect(stdout).toMatch(/^RELEASE +PLANNED +NOW\n/);
    expect(stdout).not.toContain('/b ');
    expect(stderr).toContain('Nothing was deleted');
    expect(await world.releases(made.ns)).toEqual(['a', 'b']);
  });

  it.each<[string, Partial<PurgePlan>, number, RegExp]>([
    ['of another server', { server: 'https://10.9.9.9:6443' }, 4, /^server +https:\/\/10\.9\.9\.9:6443 +https/m],
    ['of another context', { context: 'production' }, 4, /^context +production /m],
    ['of another policy', { policy: 'weekly' }, 4, /^policy +weekly /m],
    [
      'that was blocked',
      { capsHit: [{ cap: 'maxReleases', limit: 1, found: 9, reason: '9 would go' }] },
      4,
      /^caps +blocked: 9 would go/m,
    ],
    ['that is none', { kind: 'PurgeReport' as 'PurgePlan' }, 2, /^$/],
  ])('deletes nothing by a plan %s', async (what, change, code, text) => {
    const { ns, file, content } = await planned(`wrong-${what.split(' ').at(-1)}`, 'a');
    const plan = join(cli.directory, `${ns}-changed.json`);
    await writeFile(plan, JSON.stringify({ ...content, ...change }));
    const { exitCode, stdout } = await run(file, plan);
    expect([exitCode, stdout]).toEqual([code, expect.stringMatching(text)]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('never widens: what the policy or a rule keeps stays, whatever the file claims', async () => {
    const { ns, file, content } = await planned('widen', 'a', 'db');
    await world.patchNamespace(ns, { annotations: { 'keep.purge.velotio.com/db': 'true' } });
    const other = await world.namespace('widen-other', { isSelected: false });
    await world.install(other, 'a');
    const [entry] = content.entries;
    const forged = {
      ...content,
      namespaces: [...content.namespaces, { ...content.namespaces[0], name: other }],
      entries: [...content.entries, { ...entry, namespace: other }],
    };
    const plan = join(cli.directory, `${ns}-forged.json`);
    await writeFile(plan, JSON.stringify(forged));
    const { exitCode, stdout } = await run(file, plan);
    expect(exitCode).toBe(4);
    expect(stdout).toContain(`${other}/a`);
    expect(stdout).toContain(`${ns}/db`);
    expect([await world.releases(ns), await world.releases(other)]).toEqual([['a', 'db'], ['a']]);
  });

  it('checks the caps of what it is about to do', async () => {
    const { ns, plan } = await planned('capped', 'a', 'b');
    await world.install(ns, 'new');
    expect((await run(await policy(ns, '  limits: {maxReleases: 1}\n'), plan)).exitCode).toBe(3);
    expect((await run(await policy(ns, '  limits: {maxReleases: 2}\n'), plan)).exitCode).toBe(0);
    expect(await world.releases(ns)).toEqual(['new']);
  });
});

/** It dies with its parent where the machine can do that. */
async function endIfThere(pid: number): Promise<void> {
  const { stdout } = await execa('ps', ['-o', 'args=', '-p', String(pid)], { reject: false });
  if (stdout.includes('sleep 600')) process.kill(pid, 'SIGKILL');
}

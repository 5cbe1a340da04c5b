// `bookstore-operator purge …` as a user runs it: streams, exit codes, Ctrl-C, and what is left in the cluster.
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Lease } from '../../src/kube/lease.ts';
import type { PurgePlan } from '../../src/purge/plan/plan.ts';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import { leases } from '../support/free-lease.ts';
import { PurgeCli } from '../support/purge-cli.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
let world: PurgeWorld;
let cli: PurgeCli;

beforeAll(async () => {
  world = await PurgeWorld.open('e2e', cluster);
  cli = await PurgeCli.open(world);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const purge = (args: readonly string[], options?: Options) => cli.run(args, options);

/** A policy that sees one namespace, and what a test adds to its spec. */
const policy = (namespace: string, spec = '') => cli.policyFile({ namespace, spec });

describe('purge plan', () => {
  it('prints the plan on stdout and talk on stderr, is what purge alone does, and changes nothing', async () => {
    const ns = await world.namespace('plan', { annotations: { 'keep.purge.velotio.com/b': 'true' } });
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const file = await policy(ns);
    const table = await purge(['plan', '-f', file]);
    expect(table).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^NAMESPACE.*\n.* a .* purge .*\n.* b .* keep /),
    });
    expect(table.stderr).toContain('1 release to purge in 1 namespace, 1 kept');
    expect(String((await purge(['-f', file])).stdout).split('\n')).toHaveLength(3);

    const json = JSON.parse(String((await purge(['plan', '-f', file, '-o', 'json'])).stdout)) as PurgePlan;
    const yaml = parse(String((await purge(['plan', '-f', file, '-o', 'yaml'])).stdout)) as PurgePlan;
    expect(json.counts).toEqual({ purge: 1, keep: 1, namespaces: 1 });
    expect(yaml.entries.map(({ rule }) => rule)).toEqual(['selected', 'keep-release']);
    expect(await world.releases(ns)).toEqual(['a', 'b']);
  });

  it('explains one release, for people and for programs, and names the nearest of one that is not there', async () => {
    const ns = await world.namespace('explain', { annotations: { 'keep.purge.velotio.com/shop': 'true' } });
    await world.install(ns, 'shop', 'volume=unprotected');
    const file = await policy(ns, '  volumes: Delete\n');
    const told = await purge(['plan', '-f', file, '--explain', `${ns}/shop`]);
    expect(told.exitCode).toBe(0);
    expect(told.stdout).toContain(`${ns}/shop: keep (keep-release): `);
    expect(told.stdout).toContain('an undo would not bring back the data of PersistentVolumeClaim/shop');
    expect(told.stdout).toMatch(/^keep-release +decides /m);
    expect(told.stdout).toMatch(/^purge-test=\S+ +yes /m);
    expect(told.stdout).toMatch(/^maxReleases +500 +0 +no$/m);

    const json = await purge(['plan', '-f', file, '--explain', `${ns}/shpo`, '-o', 'json']);
    expect([json.exitCode, json.stderr]).toEqual([2, expect.stringContaining(`the nearest: ${ns}/shop`)]);
    expect(JSON.parse(String(json.stdout))).toMatchObject({ kind: 'PurgeExplanation', nearest: [`${ns}/shop`] });
    expect((await purge(['plan', '-f', file, '--explain', 'shop'])).exitCode).toBe(2);
  });

  it('ends with 0 and says so where the selector matches nothing', async () => {
    const { exitCode, stdout, stderr } = await purge(['plan', '-f', await policy('nowhere')]);
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(stderr).toContain('the selector matched no namespace');
  });

  it('says of a -n that the policy does not select that it does not widen', async () => {
    const ns = await world.namespace('narrow');
    const { exitCode, stderr } = await purge([
      'plan',
      '-f',
      await policy(ns),
      '-n',
      `${ns},kube-system`,
      '-n',
      'default',
    ]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('namespace kube-system is left out');
    expect(stderr).toContain('namespace default is left out');
  });

  it('ends with 3 where a cap of the run is hit', async () => {
    const ns = await world.namespace('cap');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const file = await policy(ns, '  limits: {maxReleases: 1}\n');
    const planned = await purge(['plan', '-f', file]);
    expect([planned.exitCode, planned.stderr]).toEqual([
      3,
      expect.stringContaining('2 releases would go, the policy allows 1'),
    ]);
    const blocked = await purge(['run', '-f', file, '--yes', '-o', 'json']);
    expect(blocked.exitCode).toBe(3);
    expect(JSON.parse(String(blocked.stdout))).toMatchObject({
      stoppedBy: 'cap',
      capsHit: [{ cap: 'maxReleases', limit: 1, found: 2 }],
      counts: { purged: 0, notStarted: 2 },
      outcomes: [{ name: 'a', result: 'not-started', reason: expect.stringContaining('maxReleases') }, { name: 'b' }],
    });
    expect(await world.releases(ns)).toEqual(['a', 'b']);
  });

  it.each<[string, string, string]>([
    ['an empty selector', 'spec: {namespaceSelector: {}}', '\np.yaml:4:27: spec.namespaceSelector: it is empty'],
    [
      'a selector that only excludes',
      'spec: {namespaceSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}',
      'what a namespace must not be',
    ],
    ['an unknown field', 'spec: {namespaceSelector: {matchLabels: {a: b}}, exlude: []}', 'did you mean exclude?'],
    ['no YAML', 'spec: [', 'p.yaml:'],
  ])('ends with 2 for %s, naming the place and the way out', async (...[, spec, message]) => {
    const cwd = await mkdtemp(join(cli.directory, 'bad-'));
    await writeFile(
      join(cwd, 'p.yaml'),
      `apiVersion: velotio.com/v1alpha1\nkind: PurgePolicy\nmetadata: {name: x}\n${spec}\n`,
    );
    const { exitCode, stdout, stderr } = await purge(['run', '-f', 'p.yaml', '--yes'], { cwd });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('docs/purge.md');
  });

  it.each([
    ['no policy', ['plan']],
    ['a command that is misspelt', ['runn', '-f', 'x']],
    ['a command that is not there yet', ['restore', 'x']],
    ['a file that is not there', ['plan', '-f', '/nowhere/p.yaml']],
    ['an unknown format', ['plan', '-f', 'x', '-o', 'xml']],
    ['a -n that is no name', ['plan', '-f', 'x', '-n', 'A B']],
    ['no releases at once', ['run', '-f', 'x', '--concurrency', '0']],
  ])('ends with 2 for %s', async (_name, args) => {
    const { exitCode, stderr } = await purge(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('error')]);
  });

  it('names the command that may be meant, and -h still helps', async () => {
    expect((await purge(['runn', '-f', 'x'])).stderr).toContain("unknown command 'purge runn'. Did you mean run?");
    expect((await purge(['everything', 'x'])).stderr).toContain(
      "unknown command 'purge everything'. There are: plan, run, runs, restore, keep.",
    );
    expect((await purge(['help'])).exitCode).toBe(0);
    expect((await purge(['run', '--help'])).stdout).toContain('--yes');
  });

  it('ends with 6 where the API does not answer', async () => {
    const kubeconfig = join(cli.directory, 'unreachable');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'gone',
      clusters: [{ name: 'gone', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'gone', user: { token: 'x' } }],
      contexts: [{ name: 'gone', context: { cluster: 'gone', user: 'gone' } }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const { exitCode, stdout, stderr } = await purge(['plan', '-f', await policy('x'), '--kubeconfig', kubeconfig]);
    expect([exitCode, stdout]).toEqual([6, '']);
    expect(stderr).toContain('https://127.0.0.1:1 is unreachable');
  });
});

describe('purge run', () => {
  it('needs --yes without a terminal', async () => {
    const ns = await world.namespace('ask');
    await world.install(ns, 'a');
    const { exitCode, stdout, stderr } = await purge(['run', '-f', await policy(ns)]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--yes');
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('purges, reports, and has nothing to do the second time', async () => {
    const ns = await world.namespace('run');
    await Promise.all(['a', 'b', 'keep-me'].map((name) => world.install(ns, name)));
    const file = await policy(ns, '  exclude: [keep-*]\n');
    const first = await purge(['run', '-f', file, '--yes', '-o', 'json']);
    expect(first.exitCode).toBe(0);
    const report = JSON.parse(String(first.stdout)) as PurgeReport;
    expect(report.outcomes.map(({ name, result }) => `${name} ${result}`)).toEqual(['a purged', 'b purged']);
    expect(report.kept.map(({ name, rule }) => `${name} ${rule}`)).toEqual(['keep-me exclude']);
    expect(await world.releases(ns)).toEqual(['keep-me']);

    const second = await purge(['run', '-f', file, '--yes']);
    expect([second.exitCode, second.stderr]).toEqual([0, expect.stringContaining('nothing to purge')]);
  });

  it('says in one line that its plan could not be written, and ends with 1', async () => {
    const ns = await world.namespace('full');
    await world.install(ns, 'a');
    const command = `exec ${process.execPath} ${main} purge plan -f ${await policy(ns)} -o json > /dev/full`;
    const { exitCode, stderr } = await execa('sh', ['-c', command], { env: cli.env, reject: false });
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^error: stdout: ENOSPC.*$/m)]);
    expect(stderr).not.toContain('    at ');
  });

  it('asks on a terminal for the number, and takes no other answer', async () => {
    const ns = await world.namespace('tty');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const command = `${process.execPath} ${main} purge run -f ${await policy(ns)}`;
    const onTerminal = (answer: string) =>
      execa('script', ['-qec', command, '/dev/null'], { env: cli.env, input: answer, reject: false });
    const no = await onTerminal('1\n');
    expect(no.exitCode).toBe(130);
    expect(no.stdout).toContain('For 7d it can be brought back with: bookstore-operator purge restore RUN');
    expect(no.stdout).toContain(cluster.server);
    expect(await world.releases(ns)).toEqual(['a', 'b']);
    expect((await onTerminal('2\n')).exitCode).toBe(0);
    expect(await world.releases(ns)).toEqual([]);
  });

  it('ends with 1 where a release fails, and gives the line to paste', async () => {
    const ns = await world.namespace('fail');
    await Promise.all(['a', 'bad'].map((name) => world.install(ns, name)));
    const env = await cli.shim(`if [ "$2" = bad ]; then echo 'Error: no' >&2; exit 1; fi\nexec ${cluster.helm} "$@"`);
    const { exitCode, stderr } = await purge(['run', '-f', await policy(ns), '--yes', '--driver', 'helm'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^  helm uninstall bad --namespace ${ns} --kube-context \\S+$`, 'm'));
    expect(await world.releases(ns)).toEqual(['bad']);

    const account = await policy(ns, '  serviceAccount: purger\n');
    const binding = ['create', 'rolebinding', 'purger', '--clusterrole=admin', `--serviceaccount=${ns}:purger`];
    await execa(cluster.kubectl, [...binding, '-n', ns, '--kubeconfig', cluster.kubeconfig]);
    const again = await purge(['run', '-f', account, '--yes', '--driver', 'helm', '--kubeconfig', cluster.kubeconfig], {
      env,
    });
    const flags = `--kubeconfig \\S+ --kube-context \\S+ --kube-as-user system:serviceaccount:${ns}:purger`;
    expect(again.stderr).toMatch(new RegExp(`^  helm uninstall bad --namespace ${ns} ${flags}$`, 'm'));
  });

  it('says which right is missing, and how to find it where helm keeps that to itself', async () => {
    const ns = await world.namespace('denied');
    await world.install(ns, 'a');
    const records = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'create', 'update', 'delete'] };
    const objects = { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] };
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'few' },
      rules: [records, objects],
    };
    const file = join(cli.directory, 'few.json');
    await writeFile(file, JSON.stringify(role));
    const kubectl = (...args: string[]) =>
      execa(cluster.kubectl, [...args, '-n', ns, '--kubeconfig', cluster.kubeconfig]);
    await kubectl('create', 'serviceaccount', 'few');
    await kubectl('create', '-f', file);
    await kubectl('create', 'rolebinding', 'few', '--role=few', `--serviceaccount=${ns}:few`);
    const run = ['run', '-f', await policy(ns, '  serviceAccount: few\n'), '--yes'];
    const natively = await purge(run);
    expect([natively.exitCode, natively.stderr]).toEqual([1, expect.stringContaining('(OBJECTS_LEFT)')]);
    expect(natively.stderr).toContain('"ConfigMap/a": cannot delete');
    expect(natively.stderr).toContain('cannot delete resource "configmaps"');
    const byHelm = await purge([...run, '--driver', 'helm']);
    expect([byHelm.exitCode, byHelm.stderr]).toEqual([1, expect.stringContaining('kubectl auth can-i delete')]);
    expect(await world.objects(ns)).toEqual(['a']);
  });

  it('sends helm to the cluster that was chosen, even if its context has the name of a pod’s', async () => {
    const ns = await world.namespace('context');
    await world.install(ns, 'a');
    const file = join(cli.directory, 'misleading');
    const text = await readFile(cluster.kubeconfig, 'utf8');
    const config = parse(text) as { contexts: { name: string }[]; clusters: object[]; 'current-context': string };
    const [context] = config.contexts;
    const elsewhere = { name: 'elsewhere', cluster: { server: 'https://127.0.0.1:1' } };
    const contexts = [
      { ...context, name: 'inClusterContext' },
      { name: 'elsewhere', context: { cluster: 'elsewhere', user: 'nobody' } },
    ];
    const misleading = {
      ...config,
      contexts,
      clusters: [...config.clusters, elsewhere],
      'current-context': 'elsewhere',
    };
    await writeFile(file, JSON.stringify(misleading));
    const { exitCode } = await purge([
      'run',
      '-f',
      await policy(ns),
      '--yes',
      '--kubeconfig',
      file,
      '--context',
      'inClusterContext',
    ]);
    expect(exitCode).toBe(0);
    expect(await world.releases(ns)).toEqual([]);
  });

  it.each([
    ['is empty', ''],
    ['takes no writes', '/proc/nowhere'],
  ])('purges all the same where HOME %s, and leaves nothing in the working directory', async (what, HOME) => {
    const ns = await world.namespace(`home-${what.split(' ').at(-1)}`);
    await world.install(ns, 'a');
    const cwd = await mkdtemp(join(cli.directory, 'cwd-'));
    const run = await purge(['run', '-f', await policy(ns), '--yes'], { cwd, extendEnv: false, env: { HOME } });
    expect([run.exitCode, await world.releases(ns)]).toEqual([0, []]);
    expect(await readdir(cwd)).toEqual([]);
  });

  it.each([
    ['missing', { HELM_BIN: '/nowhere/helm' }, '/nowhere/helm'],
    ['too old', 'echo v3.17.4', '3.18'],
    ['broken', "echo 'Error: no' >&2; exit 1", 'does not say which version'],
    ['something else', 'echo hello', 'it printed "hello"'],
  ])('ends with 2 where helm is %s', async (what, helm, message) => {
    const ns = await world.namespace(`helm-${what.replaceAll(' ', '')}`);
    await world.install(ns, 'a');
    const env = typeof helm === 'string' ? await cli.shim(helm) : helm;
    const { exitCode, stderr } = await purge(['run', '-f', await policy(ns), '--yes'], { env });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('needs no helm natively, and says of each release what uninstalled it', async () => {
    const ns = await world.namespace('native');
    await world.install(ns, 'a');
    const args = ['run', '-f', await policy(ns), '--yes', '--driver', 'native', '-o', 'json'];
    const { exitCode, stdout } = await purge(args, { env: { HELM_BIN: '/nowhere/helm' } });
    const { driver, outcomes } = JSON.parse(String(stdout)) as PurgeReport;
    expect([exitCode, driver, outcomes]).toMatchObject([0, 'native', [{ result: 'purged', driver: 'native' }]]);
    expect(await world.releases(ns)).toEqual([]);
  });

  it('refuses a suspended policy with 2', async () => {
    const ns = await world.namespace('suspended');
    const { exitCode, stderr } = await purge(['run', '-f', await policy(ns, '  suspend: true\n'), '--yes']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is suspended')]);
  });

  it('on Ctrl-C finishes what it has begun, leaves the rest, and ends with 130', async () => {
    const ns = await world.namespace('ctrl-c');
    await Promise.all(['a', 'b', 'c'].map((name) => world.install(ns, name)));
    const env = await cli.shim(
      `if [ "$1" = uninstall ]; then echo begun > ${cli.directory}/begun; sleep 1; fi\nexec ${cluster.helm} "$@"`,
    );
    const args = ['run', '-f', await policy(ns), '--yes', '--driver', 'helm', '--concurrency', '1', '-o', 'json'];
    const running = purge(args, { env });
    await execa('sh', ['-c', `until [ -e ${cli.directory}/begun ]; do sleep 0.05; done`], { timeout: 20_000 });
    running.kill('SIGINT');
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(130);
    const { counts, stoppedBy } = JSON.parse(String(stdout)) as PurgeReport;
    expect([counts, stoppedBy]).toEqual([{ purged: 1, failed: 0, skipped: 0, notStarted: 2, kept: 0 }, 'interrupted']);
    expect(await world.releases(ns)).toHaveLength(2);

    const name = 'bookstore-operator-purge';
    const lease = await world.client.get<Lease>(leases, { namespace: cli.operatorNamespace, name });
    expect(lease.spec?.holderIdentity ?? '').toBe('');
  });

  it('ends with 5 while somebody else purges, and says who', async () => {
    const ns = await world.namespace('locked');
    await world.install(ns, 'a');
    const held = await (await world.lock('alice', cli.operatorNamespace)).acquire({
      withinMs: 30_000,
      isPatient: false,
    });
    const file = await policy(ns);
    const { exitCode, stdout, stderr } = await purge(['run', '-f', file, '--yes']);
    expect([exitCode, stdout]).toEqual([5, '']);
    expect(stderr).toMatch(/bookstore-operator-purge is held by alice since \d{4}-/);
    expect((await purge(['plan', '-f', file])).exitCode).toBe(0);
    expect(await world.releases(ns)).toEqual(['a']);
    await held.release();
    expect((await purge(['run', '-f', file, '--yes'])).exitCode).toBe(0);
    expect(await world.releases(ns)).toEqual([]);
  });

  it('ends with 6 where the right to the lock is missing; goes on, and says so, where no operator is installed', async () => {
    const ns = await world.namespace('lockless');
    await world.install(ns, 'a');
    const file = await policy(ns);
    const user = `lockless-${world.id}`;
    const kubectl = (...args: string[]) => execa(cluster.kubectl, [...args, '--kubeconfig', cluster.kubeconfig]);
    await kubectl('create', 'clusterrole', user, '--verb=get,list', '--resource=namespaces,secrets');
    await kubectl('create', 'clusterrolebinding', user, `--clusterrole=${user}`, `--user=${user}`);
    const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as { users: { user: object }[] };
    const users = config.users.map((one) => ({ ...one, user: { ...one.user, as: user } }));
    const kubeconfig = join(cli.directory, 'lockless');
    await writeFile(kubeconfig, JSON.stringify({ ...config, users }));
    const denied = await purge(['run', '-f', file, '--yes', '--kubeconfig', kubeconfig]);
    await kubectl('delete', 'clusterrole,clusterrolebinding', user);
    expect([denied.exitCode, denied.stdout]).toEqual([6, '']);
    expect(denied.stderr).toContain(`on leases.coordination.k8s.io in namespace ${cli.operatorNamespace}`);
    expect(await world.releases(ns)).toEqual(['a']);

    const nowhere = await purge(['run', '-f', file, '--yes'], { env: { POD_NAMESPACE: 'nowhere' } });
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([0, expect.stringContaining('there is no namespace nowhere')]);
    expect(nowhere.stderr).not.toMatch(/no Lease|is held|waiting/);
    expect(await world.releases(ns)).toEqual([]);
  });
});

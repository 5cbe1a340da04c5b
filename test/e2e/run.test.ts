// `bookstore-operator run` as a process: bad configuration, an API server that is away, signals, the purge's schedule.
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freeLease } from '../support/free-lease.ts';
import { adminClient, established, eventually, helm, kubectl, tutorialBookStore } from '../support/operator-run.ts';
import { testCluster } from '../support/test-context.ts';

const { kubeconfig, path, testRoot } = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const namespace = 'e2e-run';
let directory: string;

const env = (changes: Record<string, string> = {}) => ({
  PATH: path,
  HOME: directory,
  KUBECONFIG: kubeconfig,
  WATCH_NAMESPACE: namespace,
  ...changes,
});
const run = (args: readonly string[], changes: Record<string, string> = {}, timeoutMs = 60_000) =>
  execa(process.execPath, [main, 'run', '--health-probe-bind-address=0', ...args], {
    env: env(changes),
    extendEnv: false,
    reject: false,
    timeout: timeoutMs,
  });

/** Longer than a test may take: the test's own bound is the one that counts. */
const outlivesTestMs = 150_000;

/** Starts `run` and waits until its log has a line. */
async function started(args: readonly string[], line: string, changes: Record<string, string> = {}) {
  const child = run(args, changes, outlivesTestMs);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await eventually(`the log says ${line}`, () => Promise.resolve(log.includes(line)));
  return { child, log: () => log };
}

async function file(name: string, text: string): Promise<string> {
  const target = join(directory, name);
  await writeFile(target, text);
  return target;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  directory = await mkdtemp(join(testRoot, 'e2e-run-'));
  await kubectl('create', 'namespace', namespace);
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/');
});

afterAll(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

describe('bad configuration ends the process with 2', () => {
  test('a watches.yaml with three mistakes: all three are named, with their places', async () => {
    const watches = await file(
      'three-mistakes.yaml',
      [
        '- group: velotio.com',
        '  version: v1alpha1',
        '  kind: BookStore',
        '  chart: charts/nowhere',
        '  maxConcurrentReconciles: many',
        '  selektor: {}',
        '',
      ].join('\n'),
    );
    const result = await run(['--watches-file', watches]);
    expect(result.exitCode).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(`${watches}:4:10`);
    expect(result.stderr).toContain(`${watches}:5:28`);
    expect(result.stderr).toContain(`${watches}:6:3`);
    expect(result.stderr).toContain('selector');
  });

  test('a watches.yaml that is not there', async () => {
    const result = await run(['--watches-file', join(directory, 'nowhere.yaml')]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^error: .*nowhere\.yaml[\s\S]*→/);
  });

  test('a helm that is missing', async () => {
    const result = await run([], { HELM_BIN: join(directory, 'no-helm') });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^error: cannot start helm: .*no-helm.*\n {2}→ Install Helm 4/);
  });

  test('a helm that is too old', async () => {
    const bin = join(directory, 'old');
    await mkdir(bin);
    await writeFile(join(bin, 'helm'), '#!/bin/sh\necho v3.18.6\n');
    await chmod(join(bin, 'helm'), 0o755);
    const result = await run([], { PATH: `${bin}:${path}` });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^error: "helm" is helm v3\.18\.6; 4\.0 or newer is needed\n {2}→ Install Helm 4\.0/);
  });

  test('a kubeconfig that is not there, and a context that it does not have', async () => {
    const missing = await run(['--kubeconfig', join(directory, 'none')]);
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('no such kubeconfig')]);
    const context = await run(['--context', 'mars']);
    expect([context.exitCode, context.stderr]).toEqual([2, expect.stringContaining('no context "mars"')]);
  });

  test('a WATCH_NAMESPACE that names no namespace', async () => {
    const result = await run([], { WATCH_NAMESPACE: 'good,Bad Ns,../x' });
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining('"Bad Ns", "../x"')]);
  });

  test('a purge policy that cannot be parsed', async () => {
    const policy = await file('bad-policy.yaml', 'kind: [\n');
    const result = await run(['--purge-policy', policy]);
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining('bad-policy.yaml:')]);
  });

  test('an option that does not exist, and a number that is none', async () => {
    expect((await run(['--frobnicate'])).exitCode).toBe(2);
    const workers = await run(['--max-concurrent-reconciles', 'many']);
    expect([workers.exitCode, workers.stderr]).toEqual([2, expect.stringContaining('whole number from 1 to 100')]);
  });

  test('an address for the probes that is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const result = await run([`--health-probe-bind-address=127.0.0.1:${port}`]);
    server.close();
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining('EADDRINUSE')]);
  });
});

describe('the process', () => {
  test('waits for an API server that is away, is not ready, and ends with 0 when told to', async () => {
    const [api, probes] = [await freePort(), await freePort()];
    const config = await file(
      'away.kubeconfig',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'away',
        contexts: [{ name: 'away', context: { cluster: 'away', user: 'away' } }],
        clusters: [{ name: 'away', cluster: { server: `https://127.0.0.1:${api}`, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'away', user: { token: 'x' } }],
      }),
    );
    const { child, log } = await started(
      ['--kubeconfig', config, `--health-probe-bind-address=127.0.0.1:${probes}`],
      'kind cannot be watched yet, waiting',
    );
    expect(log()).toContain('ECONNREFUSED');
    expect((await fetch(`http://127.0.0.1:${probes}/healthz`)).status).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${probes}/readyz`);
    const waiting = /^waiting for kind BookStore\.velotio\.com, the watch of secrets( \(.*ECONNREFUSED.*\))?\n$/;
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(waiting)]);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
  });

  test('says that a kind is not there yet, and takes it up when its CRD comes', async () => {
    const watches = await file(
      'unknown-kind.yaml',
      `- {group: e2e-run.example.com, version: v1, kind: Gadget, chart: ${join(process.cwd(), 'charts/bookstore')}}\n`,
    );
    const { child, log } = await started(['--watches-file', watches], 'kind cannot be watched yet, waiting');
    expect(log()).toContain('"kind":"Gadget"');
    expect(log()).toContain('its CustomResourceDefinition is not installed');
    const crd = await execa(process.execPath, [main, 'crd', '--watches-file', watches], {
      env: env(),
      extendEnv: false,
    });
    await kubectl('apply', '--server-side', '-f', await file('gadget-crd.yaml', crd.stdout));
    const gadget = {
      ...tutorialBookStore(namespace, 'gadget'),
      apiVersion: 'e2e-run.example.com/v1',
      kind: 'Gadget',
      spec: { replicaCount: 1 },
    };
    const manifest = await file('gadget.json', JSON.stringify(gadget));
    await eventually('kubectl knows the kind', async () => {
      await kubectl('apply', '-f', manifest).catch(() => undefined);
      return kubectl('-n', namespace, 'get', 'gadgets.e2e-run.example.com', 'gadget', '-o', 'name').catch(
        () => undefined,
      );
    });
    await kubectl(
      '-n',
      namespace,
      'wait',
      '--for=condition=Ready',
      'gadgets.e2e-run.example.com/gadget',
      '--timeout=60s',
    );
    await kubectl('-n', namespace, 'delete', 'gadgets.e2e-run.example.com', 'gadget', '--timeout=60s');
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    await kubectl('delete', 'crd', 'gadgets.e2e-run.example.com');
  });

  test('puts releases of a cluster-scoped kind where the entry says, also outside WATCH_NAMESPACE, again and again', async () => {
    const kind = '{group: e2e-run.example.com, version: v1, kind: Cupboard, chart: ';
    const chart = join(process.cwd(), 'deploy/demo/charts/notebook');
    const releases = `${namespace}-releases`;
    const fitting = await file('cupboard.yaml', `- ${kind}${chart}, releaseNamespace: ${releases}}\n`);
    const misfit = await file('misfit.yaml', `- ${kind}${chart}}\n`);
    await kubectl('create', 'namespace', releases);
    const crd = await execa(process.execPath, [main, 'crd', '--watches-file', fitting], {
      env: env(),
      extendEnv: false,
    });
    await kubectl('apply', '--server-side', '-f', await file('cupboard-crd.yaml', crd.stdout));
    await established('cupboards.e2e-run.example.com');
    const wrong = await started(['--watches-file', misfit], 'kind cannot be watched yet, waiting');
    expect(wrong.log()).toContain('the kind is cluster-scoped: its entry needs a releaseNamespace');
    wrong.child.kill('SIGTERM');
    await wrong.child;
    const { child } = await started(['--watches-file', fitting], 'operator started');
    const manifest = await file(
      'cupboard.json',
      JSON.stringify({ apiVersion: 'e2e-run.example.com/v1', kind: 'Cupboard', metadata: { name: 'one' }, spec: {} }),
    );
    for (let time = 0; time < 2; time += 1) {
      await kubectl('apply', '-f', manifest);
      await kubectl('wait', '--for=condition=Ready', 'cupboards.e2e-run.example.com/one', '--timeout=60s');
      expect(await helm('list', '-n', releases, '-q')).toBe('one\n');
      await kubectl('delete', 'cupboards.e2e-run.example.com', 'one', '--timeout=60s');
      expect(await helm('list', '-n', releases, '-q')).toBe('');
    }
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    await kubectl('delete', 'crd', 'cupboards.e2e-run.example.com');
    await kubectl('delete', 'namespace', releases, '--wait=false');
  });

  test('finishes the helm call in flight when it is told to stop', async () => {
    const bin = join(directory, 'slow');
    await mkdir(bin);
    // the real helm, three seconds later
    const slow = `#!/bin/sh\ncase "$1" in install) touch ${directory}/begun; sleep 3;; esac\nexec ${testCluster().helm} "$@"\n`;
    await writeFile(join(bin, 'helm'), slow);
    await chmod(join(bin, 'helm'), 0o755);
    const { child } = await started([], 'operator started', { PATH: `${bin}:${path}` });
    const manifest = await file('drain.json', JSON.stringify(tutorialBookStore(namespace, 'drain')));
    await kubectl('apply', '-f', manifest);
    await eventually('helm has begun', () =>
      execa('test', ['-e', join(directory, 'begun')]).then(
        () => true,
        () => false,
      ),
    );
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    const status = await kubectl('-n', namespace, 'get', 'bs', 'drain', '-o', 'jsonpath={.status.release.status}');
    expect(status).toBe('deployed');
    // what one process began, another ends
    const next = await started([], 'operator started');
    await kubectl('-n', namespace, 'delete', 'bs', 'drain', '--timeout=60s');
    next.child.kill('SIGTERM');
    expect((await next.child).exitCode).toBe(0);
  });

  test('gives up what is in flight at the second signal, and leaves no helm behind', async () => {
    const bin = join(directory, 'stuck');
    await mkdir(bin);
    const stuck = `#!/bin/sh\ncase "$1" in install) echo $$ > ${directory}/stuck.pid; exec sleep 600;; esac\nexec ${testCluster().helm} "$@"\n`;
    await writeFile(join(bin, 'helm'), stuck);
    await chmod(join(bin, 'helm'), 0o755);
    const { child } = await started([], 'operator started', { PATH: `${bin}:${path}` });
    const manifest = await file('stuck.json', JSON.stringify(tutorialBookStore(namespace, 'stuck')));
    await kubectl('apply', '-f', manifest);
    await eventually('helm has begun', () =>
      execa('test', ['-s', join(directory, 'stuck.pid')]).then(
        () => true,
        () => false,
      ),
    );
    const { stdout: pid } = await execa('cat', [join(directory, 'stuck.pid')]);
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(0);
    expect((await execa('kill', ['-0', pid], { reject: false })).exitCode).not.toBe(0);
  });

  test('shows its figures to who may see them, and to nobody else', async () => {
    const port = await freePort();
    const policy = await file(
      'metered.yaml',
      "{apiVersion: velotio.com/v1alpha1, kind: PurgePolicy, metadata: {name: metered}, spec: {schedule: '0 20 1 1 *', namespaceSelector: {matchLabels: {e2e-night: none}}}}\n",
    );
    const { child } = await started(
      [`--metrics-bind-address=127.0.0.1:${port}`, '--purge-policy', policy],
      'operator started',
    );
    await kubectl('-n', namespace, 'create', 'serviceaccount', 'scraper');
    const role = ['clusterrole', 'e2e-run-metrics'];
    await kubectl('create', ...role, '--verb=get', '--non-resource-url=/metrics');
    await kubectl(
      'create',
      'clusterrolebinding',
      'e2e-run-metrics',
      '--clusterrole=e2e-run-metrics',
      `--serviceaccount=${namespace}:scraper`,
    );
    const token = (await kubectl('-n', namespace, 'create', 'token', 'scraper')).trim();
    const get = (authorization?: string) =>
      fetch(`http://127.0.0.1:${port}/metrics`, authorization === undefined ? {} : { headers: { authorization } });
    expect((await get()).status).toBe(401);
    expect((await get('Bearer nonsense')).status).toBe(401);
    const metrics = await get(`Bearer ${token}`);
    expect(metrics.status).toBe(200);
    const text = await metrics.text();
    expect(text).toMatch(/bookstore_operator_requests_total\{verb="watch",resource="secrets",code="200"\} 1/);
    expect(text).toMatch(/bookstore_operator_workqueue_depth\{kind="BookStore.velotio.com"\} 0/);
    expect(text).toMatch(/bookstore_operator_purge_runs_total\{policy="metered",result="refused"\} 0/);
    expect(text).toMatch(/bookstore_operator_purge_lock_held\{lease="bookstore-operator-purge"\} 0/);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    await kubectl('delete', 'clusterrolebinding,clusterrole', 'e2e-run-metrics');
  });

  test('ends a night at the second signal, and begins no further release after the first', async () => {
    const bin = join(directory, 'sleepy');
    await mkdir(bin);
    const begun = join(directory, 'uninstalls');
    const sleepy = `#!/bin/sh\ncase "$1" in uninstall) echo "$2" >> ${begun}; exec sleep 600;; esac\nexec ${testCluster().helm} "$@"\n`;
    await writeFile(join(bin, 'helm'), sleepy);
    await chmod(join(bin, 'helm'), 0o755);
    const sleeping = `${namespace}-night`;
    await kubectl('create', 'namespace', sleeping);
    await kubectl('label', 'namespace', sleeping, `e2e-night=${sleeping}`);
    await kubectl('create', 'serviceaccount', 'purger', '-n', sleeping);
    const subject = `--serviceaccount=${sleeping}:purger`;
    await kubectl('create', 'rolebinding', 'purger', '--clusterrole=admin', subject, '-n', sleeping);
    // with delete hooks they go to helm
    for (const name of ['one', 'two']) {
      await helm('install', name, 'test/support/charts/whim', '-n', sleeping, '--set', 'preDelete=good');
    }
    const policy = await file(
      'every-minute.yaml',
      JSON.stringify({
        apiVersion: 'velotio.com/v1alpha1',
        kind: 'PurgePolicy',
        metadata: { name: 'every-minute' },
        spec: {
          schedule: '* * * * *',
          mode: 'Enforce',
          concurrency: 1,
          serviceAccount: 'purger',
          namespaceSelector: { matchLabels: { 'e2e-night': sleeping } },
        },
      }),
    );
    const admin = await adminClient();
    await freeLease(admin.client, { namespace, name: 'bookstore-operator-purge' });
    await admin.close();
    const changes = { PATH: `${bin}:${path}`, POD_NAMESPACE: namespace };
    const { child, log } = await started(['--purge-policy', policy], 'purge scheduled', changes);
    await expect
      .poll(() => execa('test', ['-s', begun], { reject: false }), { timeout: 90_000 })
      .toMatchObject({ exitCode: 0 });
    child.kill('SIGTERM');
    child.kill('SIGINT'); // another signal: of two equal ones that are pending at once, the kernel delivers one
    expect((await child).exitCode).toBe(0);
    expect((await execa('cat', [begun])).stdout.split('\n')).toHaveLength(1);
    expect(log()).toContain('"message":"release not purged"');
    expect((await helm('list', '-n', sleeping, '-q')).trim().split('\n')).toEqual(['one', 'two']);
    await kubectl('delete', 'namespace', sleeping, '--wait=false');
  });

  test('follows the schedule of a purge policy, and says when it is due', async () => {
    const policy = await file(
      'nightly.yaml',
      [
        'apiVersion: velotio.com/v1alpha1',
        'kind: PurgePolicy',
        'metadata: {name: nightly}',
        'spec:',
        '  schedule: "0 20 * * 1-5"',
        '  timeZone: Europe/Berlin',
        '  namespaceSelector: {matchLabels: {purge.velotio.com/enabled: "true"}}',
        '',
      ].join('\n'),
    );
    const { child, log } = await started(['--purge-policy', policy], 'purge scheduled');
    expect(log()).toMatch(/"schedule":"0 20 \* \* 1-5","timeZone":"Europe\/Berlin","next":"20\d\d-/);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
  });
});

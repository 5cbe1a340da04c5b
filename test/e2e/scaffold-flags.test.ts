// The program as the Deployment of an operator-sdk project starts it: with that project's flags, and no word of ours.
import { mkdtemp } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, kubectl } from '../support/operator-run.ts';
import { testCluster } from '../support/test-context.ts';

const { kubeconfig, path, testRoot } = testCluster();
const main = resolve('dist/main.js');
const namespace = 'e2e-scaffold';
let home: string;

/** A start of the program; the log is what it has said so far. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = execa(process.execPath, [main, ...args], {
    env: { PATH: path, HOME: home, KUBECONFIG: kubeconfig, WATCH_NAMESPACE: namespace, ...env },
    extendEnv: false,
    reject: false,
    timeout: 100_000,
    cwd: resolve('.'),
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const says = (text: string) => eventually(`the log says ${text}`, () => Promise.resolve(log.includes(text)));
  return { child, log: () => log, says };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** The status and the text of an answer that nobody vouches for. */
function getSecurely(port: number, token?: string): Promise<readonly [number, string]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((done, fail) => {
    request({ port, path: '/metrics', headers, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => done([response.statusCode ?? 0, text]));
    })
      .on('error', fail)
      .end();
  });
}

beforeAll(async () => {
  home = await mkdtemp(join(testRoot, 'e2e-scaffold-'));
  await kubectl('create', 'namespace', namespace);
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/');
});

afterAll(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

describe("the arguments of operator-sdk's Deployment", () => {
  test('run the operator: its Lease has the name that they give, metrics are HTTPS and ask for a token', async () => {
    const [metrics, probes] = [await freePort(), await freePort()];
    const { child, log, says } = start(
      [
        '--metrics-require-rbac',
        '--metrics-secure',
        `--metrics-bind-address=:${metrics}`,
        '--leader-elect',
        '--leader-election-id=nginx-operator',
        `--health-probe-bind-address=:${probes}`,
      ],
      { POD_NAMESPACE: namespace },
    );
    await says('"message":"leading"');
    expect(await kubectl('-n', namespace, 'get', 'lease', 'nginx-operator', '-o', 'name')).toContain('nginx-operator');
    await eventually('it is ready', async () => (await fetch(`http://127.0.0.1:${probes}/readyz`)).ok);
    expect((await fetch(`http://127.0.0.1:${probes}/healthz`)).status).toBe(200);

    await kubectl('-n', namespace, 'create', 'serviceaccount', 'scraper');
    await kubectl('create', 'clusterrole', 'e2e-scaffold-metrics', '--verb=get', '--non-resource-url=/metrics');
    await kubectl(
      'create',
      'clusterrolebinding',
      'e2e-scaffold-metrics',
      '--clusterrole=e2e-scaffold-metrics',
      `--serviceaccount=${namespace}:scraper`,
    );
    const token = (await kubectl('-n', namespace, 'create', 'token', 'scraper')).trim();
    expect((await getSecurely(metrics))[0]).toBe(401);
    const [status, text] = await getSecurely(metrics, token);
    expect(status).toBe(200);
    expect(text).toContain('bookstore_operator_leader{lease="nginx-operator"} 1');
    expect(log()).not.toContain('flag means something else here');
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    await kubectl('delete', 'clusterrolebinding,clusterrole', 'e2e-scaffold-metrics');
  });

  test('of older projects run it too; what has no effect is said once, by name', async () => {
    const probes = await freePort();
    const { child, log, says } = start(
      [
        'run',
        `--watches-file=${resolve('watches.yaml')}`,
        '--reconcile-period',
        '1m',
        '--max-concurrent-reconciles=2',
        '--metrics-addr=0',
        `--health-probe-bind-address=127.0.0.1:${probes}`,
        '--enable-leader-election=false',
        '--leader-election-namespace',
        namespace,
        '--suppress-override-values',
        '--enable-http2=true',
        '--metrics-secure=true',
        '--metrics-require-rbac=false',
        '--config=controller_manager_config.yaml',
        '--zap-devel=true',
        '--zap-encoder=console',
        '--zap-log-level=info',
        '--zap-stacktrace-level=error',
        '--zap-time-encoding=epoch',
      ],
      { OPERATOR_NAME: 'nginx-operator' },
    );
    await says('"message":"operator started"');
    const notices = log().match(/"flag":"[^"]+"/g);
    expect(notices).toEqual(
      [
        '--enable-leader-election',
        '--metrics-addr',
        '--config',
        '--suppress-override-values',
        '--enable-http2',
        '--metrics-require-rbac',
        '--zap-devel',
        '--zap-encoder',
        '--zap-stacktrace-level',
        '--zap-time-encoding',
        'OPERATOR_NAME',
      ].map((flag) => `"flag":"${flag}"`),
    );
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
  });

  test.each([
    [['--leader-elect=maybe'], 'Must be true or false'],
    [['--zap-encoder=xml'], 'Allowed choices are json, console'],
    [['--leader-elect', '--enable-leader-election'], 'only one of --leader-elect and --enable-leader-election'],
    [['--webhook-port=9443'], "unknown option '--webhook-port=9443'"],
  ])('that make no sense end it with 2: %j', async (args, text) => {
    const { child, log } = start(args);
    expect((await child).exitCode).toBe(2);
    expect(log()).toContain(text);
  });
});

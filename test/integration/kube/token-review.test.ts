import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiError } from '../../../src/kube/errors.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { TokenReviewer } from '../../../src/kube/token-review.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { tooManyRequests } from '../../support/chaos/fault.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { testCluster } from '../../support/test-context.ts';

let opened: OpenClient;
let namespace: string;
let reviewer: TokenReviewer;

beforeAll(async () => {
  opened = await openTestClient();
  namespace = await createNamespace(opened.client, 'kube-token-review');
  reviewer = new TokenReviewer(opened.client, { clock: systemClock });
});
afterAll(async () => {
  await opened.close();
});

async function kubectl(...args: readonly string[]): Promise<string> {
  const { kubectl: file, kubeconfig } = testCluster();
  return (await promisify(execFile)(file, ['--kubeconfig', kubeconfig, '-n', namespace, ...args])).stdout.trim();
}

test('a token is let in when its owner may get the path, and only then', async () => {
  await kubectl('create', 'serviceaccount', 'scraper');
  const token = await kubectl('create', 'token', 'scraper');
  expect(await reviewer.review(token, '/metrics')).toBe('forbidden');
  expect(await reviewer.review('nonsense', '/metrics')).toBe('unauthenticated');

  const role = `metrics-${namespace}`;
  await kubectl('create', 'clusterrole', role, '--verb=get', '--non-resource-url=/metrics');
  await kubectl('create', 'clusterrolebinding', role, `--clusterrole=${role}`, `--serviceaccount=${namespace}:scraper`);
  const fresh = new TokenReviewer(opened.client, { clock: systemClock });
  expect(await fresh.review(token, '/metrics')).toBe('allowed');
  expect(await fresh.review(token, '/debug')).toBe('forbidden');
  await kubectl('delete', 'clusterrolebinding,clusterrole', role);
  expect(await fresh.review(token, '/metrics')).toBe('allowed'); // believed for a minute
});

describe('past an API server in trouble', () => {
  const reviews = /tokenreviews$/;
  let proxy: ChaosProxy;
  let proxied: OpenClient;
  let token: string;

  beforeAll(async () => {
    const { kubeconfig, testRoot } = testCluster();
    proxy = await ChaosProxy.start({ kubeconfig });
    proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'test' });
    await kubectl('create', 'serviceaccount', 'trouble');
    token = await kubectl('create', 'token', 'trouble');
  });
  afterAll(async () => {
    await proxied.close();
    await proxy[Symbol.asyncDispose]();
  });

  test('those who ask about one token at the same time are one question', async () => {
    const sharing = new TokenReviewer(proxied.client, { clock: systemClock });
    const slow = proxy.faults.add({ kind: 'latency', delayMs: 200 });
    const all = Array.from({ length: 20 }, () => sharing.review(token, '/metrics'));
    const other = sharing.review(token, '/debug');
    expect(new Set(await Promise.all(all))).toEqual(new Set(['forbidden']));
    expect(await other).toBe('forbidden');
    slow.end();
    expect(proxy.log.count({ path: reviews })).toBe(2);
    expect(proxy.log.count({ path: /subjectaccessreviews$/ })).toBe(2);
  });

  test('a question that failed is asked again by the next', async () => {
    const failing = new TokenReviewer(proxied.client, { clock: systemClock, timeoutMs: 300 });
    const silent = proxy.faults.add({ kind: 'silence', where: { path: reviews } });
    const startedMs = performance.now();
    const both = await Promise.allSettled([failing.review(token, '/metrics'), failing.review(token, '/metrics')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(both[0]).toMatchObject({ reason: { code: 'API_TIMEOUT', message: expect.stringContaining('0.3 s') } });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    silent.end();
    expect(await new TokenReviewer(proxied.client, { clock: systemClock }).review(token, '/metrics')).toBe('forbidden');
    await expect.poll(() => failing.review(token, '/metrics').catch(() => undefined)).toBe('forbidden');
  });

  test('whom the server let in is let in for ten minutes more where it cannot be asked, and nobody else', async () => {
    const role = `metrics-trouble-${namespace}`;
    await kubectl('create', 'clusterrole', role, '--verb=get', '--non-resource-url=/metrics');
    await kubectl(
      'create',
      'clusterrolebinding',
      role,
      `--clusterrole=${role}`,
      `--serviceaccount=${namespace}:trouble`,
    );
    let laterMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + laterMs };
    const blind = new TokenReviewer(proxied.client, { clock, timeoutMs: 2_000 });
    expect(await blind.review(token, '/metrics')).toBe('allowed');
    expect(await blind.review(token, '/debug')).toBe('forbidden');
    const outage = proxy.faults.add({ kind: 'silence', where: { path: reviews } });
    laterMs = 500_000;
    expect(await blind.review(token, '/metrics')).toBe('allowed');
    await expect(blind.review(token, '/debug')).rejects.toMatchObject({ code: 'API_TIMEOUT' });
    await expect(blind.review('invented', '/metrics')).rejects.toMatchObject({ code: 'API_TIMEOUT' });
    laterMs = 600_000;
    await expect(blind.review(token, '/metrics')).rejects.toMatchObject({ code: 'API_TIMEOUT' });
    outage.end();
    await kubectl('delete', 'clusterrolebinding,clusterrole', role);
    await expect.poll(() => blind.review(token, '/metrics').catch(() => undefined)).toBe('forbidden');
  });

  test('a 429 to others holds no question back, and one to a question does so for its time', async () => {
    const busy = proxy.faults.add({ ...tooManyRequests(30), where: { path: /configmaps/ } });
    const abort = new AbortController();
    const held = proxied.client.list(CoreResources.configMaps, { namespace, signal: abort.signal });
    await expect.poll(() => proxied.heldBackMs()).toBeGreaterThan(10_000);
    const calm = new TokenReviewer(proxied.client, { clock: systemClock });
    const startedMs = performance.now();
    expect(await calm.review(token, '/metrics')).toBe('forbidden');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    abort.abort(new Error('stopped by the test'));
    await expect(held).rejects.toThrow('stopped by the test');
    busy.end();

    const throttled = proxy.faults.add({ ...tooManyRequests(30), where: { path: reviews } });
    const hasty = new TokenReviewer(proxied.client, { clock: systemClock, timeoutMs: 300 });
    await expect(hasty.review(token, '/metrics')).rejects.toMatchObject({ code: 'API_TIMEOUT' });
    throttled.end();
  });

  test('more questions at once than anybody honest has are refused', async () => {
    const flooded = new TokenReviewer(proxied.client, { clock: systemClock, timeoutMs: 1_000 });
    const silent = proxy.faults.add({ kind: 'silence', where: { path: reviews } });
    const before = proxy.log.count({ path: reviews });
    const all = Array.from({ length: 50 }, (_each, index) => flooded.review(`invented-${index}`, '/metrics'));
    const ends = await Promise.allSettled(all);
    const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as ApiError).code : 'answered'));
    expect(codes.filter((code) => code === 'API_TOO_MANY_REQUESTS')).toHaveLength(34);
    expect(proxy.log.count({ path: reviews }) - before).toBe(16);
    silent.end();
  });
});

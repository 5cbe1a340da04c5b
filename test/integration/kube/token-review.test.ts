import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenClient } from '../../../src/kube/open-client.ts';
import { TokenReviewer } from '../../../src/kube/token-review.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createNamespace, openTestClient } from '../../support/cluster-client.ts';
import { testCluster } from '../../support/test-context.ts';

let opened: OpenClient;
let namespace: string;
let reviewer: TokenReviewer;

beforeAll(async () => {
  opened = await openTestClient();
  namespace = await createNamespace(opened.client, 'kube-token-review');
  reviewer = new TokenReviewer(opened.client, systemClock);
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
  const fresh = new TokenReviewer(opened.client, systemClock);
  expect(await fresh.review(token, '/metrics')).toBe('allowed');
  expect(await fresh.review(token, '/debug')).toBe('forbidden');
  await kubectl('delete', 'clusterrolebinding,clusterrole', role);
  expect(await fresh.review(token, '/metrics')).toBe('allowed'); // believed for a minute
});

// `bookstore-operator purge keep` as a user runs it.
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeepResult } from '../../src/purge/keep/set-keep.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('e2e-keep', cluster);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const keep = (...args: readonly string[]) =>
  execa(process.execPath, [main, 'purge', 'keep', ...args], {
    reject: false,
    env: { PATH: cluster.path, KUBECONFIG: cluster.kubeconfig, TZ: 'Asia/Kolkata' },
  });

it('says until when, by both clocks, where, and what a plan would say', async () => {
  const ns = await world.namespace('a');
  await world.install(ns, 'shop');
  const { exitCode, stdout, stderr } = await keep(`${ns}/shop`, '--for', '8h');
  expect(exitCode).toBe(0);
  expect(stderr).toContain(cluster.server);
  expect(stderr).toMatch(/is kept until .* \(Asia\/(Kolkata|Calcutta)\), \d{4}-\d\d-\d\dT[\d:]{8}Z/);
  expect(stdout).toMatch(/ shop .* keep .*keep\.purge\.velotio\.com\/shop/);

  const off = await keep(`${ns}/shop`, '--off', '-o', 'json');
  expect(off.exitCode).toBe(0);
  expect(JSON.parse(off.stdout) as KeepResult).toMatchObject({
    kind: 'PurgeKeep',
    change: 'removed',
    entries: [{ name: 'shop', rule: 'selected' }],
  });
});

it.each([
  ['no time', ['a'], '--for 8h'],
  ['two times', ['a', '--for', '1h', '--off'], 'said twice'],
  ['no target', ['--for', '1h'], 'missing required argument'],
  ['a time that is none', ['a', '--until', 'tomorrow'], 'RFC 3339'],
  ['a duration that is none', ['a', '--for', '8'], 'duration'],
  ['a time that has passed', ['a', '--until', '2020-01-01T00:00:00Z'], 'has passed'],
  ['more than 14 days', ['a', '--for', '337h'], 'more than 14 days'],
  ['a namespace that is not there', ['nowhere', '--for', '1h'], 'no namespace nowhere'],
  ['a name too long', [`a/${'x'.repeat(64)}`, '--for', '1h'], '64 characters'],
])('ends with 2 for %s', async (_name, args, message) => {
  const { exitCode, stdout, stderr } = await keep(...args);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

it('ends with 2 for a release that is not there, and writes nothing', async () => {
  const ns = await world.namespace('b');
  await world.install(ns, 'shop');
  const { exitCode, stderr } = await keep(`${ns}/shpo`, '--for', '1h');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`Did you mean ${ns}/shop?`)]);
});

// `bookstore-operator demo` as a user runs it: what it shows, how it ends, and that nothing is left.
import { on } from 'node:events';
import { chmod, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newStateHome } from '../support/local-cluster.ts';
import { testCluster } from '../support/test-context.ts';

const { testRoot, path, kubectl } = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const timeout = 180_000;

let stateHome: string;
beforeEach(async () => {
  stateHome = await newStateHome(testRoot);
});
afterEach(async () => {
  await demo(['--down']);
});

const demo = (args: readonly string[] = [], env: { readonly PATH?: string } = {}) =>
  execa(process.execPath, [main, 'demo', ...args], {
    env: { PATH: path, XDG_STATE_HOME: stateHome, ...env },
    reject: false,
  });

/** Resolves once the demo has printed `text`. */
async function printed({ stdout }: { readonly stdout: Readable }, text: string): Promise<void> {
  let seen = '';
  for await (const [chunk] of on(stdout, 'data', { close: ['end'] })) {
    seen += String(chunk);
    if (seen.includes(text)) return;
  }
  throw new Error(`the demo ended without printing "${text}"`);
}

/** Everything that a demo starts has its state directory in its command line. */
async function processesOf(dir: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(dir));
}

async function expectNothingLeft(): Promise<void> {
  expect(await processesOf(stateHome)).toEqual([]);
  expect(await readdir(join(stateHome, 'bookstore-operator', 'local'))).toEqual([]);
  expect(await readdir(join(stateHome, 'bookstore-operator', 'demo'))).toEqual([]);
}

test('shows the whole main job, tells its times, and leaves nothing', { timeout }, async () => {
  const running = demo();
  await printed(running, 'bookstore.velotio.com/example-bookstore condition met');
  const second = await demo();
  expect([second.exitCode, second.stderr]).toEqual([5, expect.stringContaining('is running already')]);

  const { exitCode, stdout, stderr } = await running;
  expect([exitCode, stderr]).toEqual([0, '']);
  for (const claim of [
    '✓ the BookStore is Ready',
    '✓ three pods of the application are ready',
    "✓ nothing but the database's volume",
    '✓ the protected one and the one of the BookStore are kept',
    '✓ all that was planned was purged',
    '✓ the purged ones are gone, the others are untouched',
    '✓ what ran for the purged ones is gone too',
    '✓ the same is left',
    'the cluster demo is down',
  ]) {
    expect(stdout).toContain(claim);
  }
  expect(stdout).toMatch(/^kubectl apply to Ready +\d+\.\d s$/m);
  expect(stdout).toMatch(/^concurrent against serial +\d+\.\d × as fast$/m);
  expect(stdout).not.toContain('\u001B');
  await expectNothingLeft();
});

test('an interruption ends the operator and the cluster: 130, and nothing is left', { timeout }, async () => {
  const running = demo();
  await printed(running, '== A BookStore');
  running.kill('SIGINT');
  const { exitCode, stdout, stderr } = await running;
  expect([exitCode, stderr]).toEqual([130, 'interrupted']);
  expect(stdout).toContain('the cluster demo is down');
  await expectNothingLeft();
});

test('a killed demo is cleaned up by the next one, and --keep is heeded until --down', { timeout }, async () => {
  const killed = demo();
  await printed(killed, '✓ ready after');
  killed.kill('SIGKILL');
  await killed;
  const left = (await processesOf(stateHome)).length;
  expect(left).toBeGreaterThan(1);

  const kept = demo(['--keep']);
  await printed(kept, '== A BookStore');
  kept.kill('SIGINT');
  const { exitCode, stdout } = await kept;
  expect(exitCode).toBe(130);
  expect(stdout).toContain('ended without cleaning up; what it left is taken down first');
  expect(stdout).toMatch(/export KUBECONFIG=.*\n.*export PATH=.*\n.*demo --down/s);

  const next = await demo();
  expect([next.exitCode, next.stderr]).toEqual([2, expect.stringContaining('left up with --keep')]);
  expect((await demo(['--down'])).exitCode).toBe(0);
  await expectNothingLeft();
});

test('a line that fails is named with what was expected: 1, and still nothing is left', { timeout }, async () => {
  const bin = await mkdtemp(join(testRoot, 'shim-'));
  const script = `if [ "$1" = patch ]; then echo 'error: no patching today' >&2; exit 1; fi\nexec ${kubectl} "$@"`;
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, 'kubectl'), 0o755);
  const { exitCode, stdout, stderr } = await demo([], { PATH: `${bin}:${path}` });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/error: no patching today\n✗ expected: exit code 0\n {2}found: +exit code 1/);
  expect(stdout).toMatch(/the operator's last log lines:\n.*operator started/);
  expect(stderr).toContain('error: the demo failed at: kubectl patch bookstore');
  await expectNothingLeft();
});

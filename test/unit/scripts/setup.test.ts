// The set-up script, on a clone in a temporary directory with a shell script in place of npm.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const scripts = join(import.meta.dirname, '..', '..', '..', 'scripts');
const { isSupported, runtimePackage } = await import(join(scripts, 'setup', 'node-version.mjs'));
const { matchesLock } = await import(join(scripts, 'setup', 'lockfile.mjs'));
const { commands } = await import(join(scripts, 'setup', 'commands.mjs'));

const lock = { lockfileVersion: 3, packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'x' } } };

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'clone-'));
  for (const part of ['run.mjs', 'dev', 'setup'])
    await cp(join(scripts, part), join(clone, 'scripts', part), { recursive: true });
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock));
  await fakeNpm('exit 0');
});
afterEach(() => rm(clone, { recursive: true }));

/** An npm that notes its call, installs like the real one, warns like it, and ends as told. */
async function fakeNpm(end: string): Promise<void> {
  const script = `#!/bin/sh
echo "$*" >>${clone}/npm-calls
echo "npm warn deprecated something" >&2
echo "added 1 package"
sleep 0.3
mkdir -p node_modules/a
sed 's/"":{},//' package-lock.json >node_modules/.package-lock.json
${end}
`;
  await writeFile(join(clone, 'npm'), script, { mode: 0o755 });
}

const run = (...args: string[]) => {
  const { npm_execpath: _npm, ...env } = process.env;
  const path = `${clone}:${dirname(process.execPath)}:/usr/bin:/bin`;
  return execa(process.execPath, [join(clone, 'scripts', 'run.mjs'), ...args], {
    cwd: clone,
    env: { ...env, PATH: path, HOME: clone },
    extendEnv: false,
    reject: false,
  });
};
const npmCalls = async () =>
  (await readFile(join(clone, 'npm-calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

test('the first time it installs what the lockfile says, and says so; the second time it does nothing', async () => {
  const first = await run('exec', 'node', '-p', '1+1');
  expect([first.exitCode, first.stdout]).toEqual([0, '2']);
  expect(first.stderr).toContain('setup: installing the dependencies (npm ci, first time)');
  expect(await npmCalls()).toEqual([expect.stringMatching(/^ci --ignore-scripts --include=dev --include=optional /)]);
  const second = await run('exec', 'node', '-p', '1+1');
  expect([second.stdout, second.stderr]).toEqual(['2', '']);
  expect(await npmCalls()).toHaveLength(1);
});

test('a changed lockfile is installed again', async () => {
  await run('setup');
  const newer = { ...lock, packages: { ...lock.packages, 'node_modules/a': { version: '2.0.0', integrity: 'y' } } };
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(newer));
  expect((await run('setup')).stderr).toContain('package-lock.json changed');
  expect(await npmCalls()).toHaveLength(2);
});

test('what npm install has just done by hand is not done again', async () => {
  await run('setup');
  await writeFile(join(clone, 'package-lock.json'), `${JSON.stringify(lock)}\n`);
  expect((await run('setup')).stderr).toContain('node_modules matches package-lock.json');
  expect(await npmCalls()).toHaveLength(1);
});

test('of two at a time one installs', async () => {
  const both = await Promise.all([run('setup'), run('setup')]);
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await npmCalls()).toHaveLength(1);
  expect(both.filter(({ stderr }) => stderr.includes('another set-up of this clone is running'))).toHaveLength(1);
});

test('a lock whose holder is gone does not block', async () => {
  await execa('mkdir', ['-p', join(clone, '.setup', 'dependencies.lock')]);
  await writeFile(join(clone, '.setup', 'dependencies.lock', 'holder'), '999999999');
  expect((await run('setup')).exitCode).toBe(0);
});

test('an npm that fails is an error with the way to its words, and the next run tries again', async () => {
  await fakeNpm('rm -r node_modules; exit 7');
  const failed = await run('exec', 'node', '-p', '1');
  expect(failed.exitCode).not.toBe(0);
  expect(failed.stderr).toMatch(/setup: installing the dependencies failed \(npm ci in .*, exit code 7\)/);
  expect(failed.stdout).toBe('');
  await fakeNpm('exit 0');
  expect((await run('setup')).exitCode).toBe(0);
});

test('a machine without npm gets told so', async () => {
  await rm(join(clone, 'npm'));
  const { npm_execpath: _npm, ...env } = process.env;
  const failed = await execa(process.execPath, [join(clone, 'scripts', 'run.mjs'), 'setup'], {
    env: { ...env, PATH: clone },
    extendEnv: false,
    reject: false,
  });
  expect(failed.stderr).toContain('put npm on PATH');
});

test('the exit code of the command is the script’s, and a leading -- is dropped', async () => {
  await run('setup');
  expect((await run('exec', '--', 'sh', '-c', 'exit 7')).exitCode).toBe(7);
  expect((await run('exec', 'sh', '-c', 'kill -TERM $$')).exitCode).toBe(143);
  expect((await run('exec', 'nothing-of-that-name')).exitCode).toBe(127);
});

test('a signal reaches the command, and the script waits for its end', async () => {
  await run('setup');
  const script = `trap "exit 5" TERM; echo >${clone}/ready; while :; do sleep 0.05; done`;
  const child = run('exec', 'sh', '-c', script);
  while (!existsSync(join(clone, 'ready'))) await delay(10);
  child.kill('SIGTERM');
  const { exitCode } = await child;
  expect(exitCode).toBe(5);
});

test('a command that ends well although it was told to stop ends with 0', async () => {
  await run('setup');
  const script = `trap "exit 0" TERM; echo >${clone}/ready; while :; do sleep 0.05; done`;
  const child = run('exec', 'sh', '-c', script);
  while (!existsSync(join(clone, 'ready'))) await delay(10);
  child.kill('SIGTERM');
  expect((await child).exitCode).toBe(0);
});

test('one Ctrl-C is one, even where npm hands it on to a group that has got it; a later one is a second', async () => {
  await run('setup');
  const script = `
    const { writeFileSync } = require('node:fs');
    let count = 0;
    process.on('SIGINT', () => writeFileSync(${JSON.stringify(join(clone, 'count'))}, String(++count)));
    writeFileSync(${JSON.stringify(join(clone, 'ready'))}, '');
    process.on('SIGTERM', () => process.exit(0));
    setInterval(() => {}, 1000);`;
  const child = execa(process.execPath, [join(clone, 'scripts', 'run.mjs'), 'exec', 'node', '-e', script], {
    detached: true,
    reject: false,
    stdin: 'ignore',
  });
  const group = -(child.pid ?? 0);
  const counted = async (wanted: string): Promise<void> => {
    await vi.waitFor(async () => expect(await readFile(join(clone, 'count'), 'utf8')).toBe(wanted), 5_000);
  };
  while (!existsSync(join(clone, 'ready'))) await delay(10);
  process.kill(group, 'SIGINT');
  child.kill('SIGINT');
  await counted('1');
  await delay(500);
  await counted('1');
  process.kill(group, 'SIGINT');
  await counted('2');
  process.kill(group, 'SIGTERM');
  expect((await child).exitCode).toBe(0);
});

test('a packaged Node that npm passed over is blamed on the registry, not on the machine', async () => {
  await fakeNpm('exit 0');
  const setup = join(clone, 'scripts', 'setup');
  await mkdir(join(clone, 'scripts', 'runtime'));
  for (const name of ['package.json', 'package-lock.json'])
    await cp(join(scripts, 'runtime', name), join(clone, 'scripts', 'runtime', name));
  const script = `
    Object.defineProperty(process, 'version', { value: 'v20.0.0' });
    const { ensureRuntime } = await import(${JSON.stringify(join(setup, 'runtime.mjs'))});
    const { interruptible } = await import(${JSON.stringify(join(setup, 'process.mjs'))});
    await ensureRuntime({ say() {}, signals: interruptible() }).catch(({ message }) => console.log(message));
    process.exit();`;
  const { npm_execpath: _npm, ...env } = process.env;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...env, PATH: `${clone}:/usr/bin:/bin` },
    extendEnv: false,
  });
  expect(stdout).toMatch(/^npm did not install node-\S+ \S+: check that the registry is reachable/m);
});

test('the node of the set-up comes first on PATH', async () => {
  await run('setup');
  expect((await run('exec', 'sh', '-c', 'command -v node')).stdout).toBe(process.execPath);
});

test('an unknown script names those that there are', async () => {
  const { exitCode, stderr } = await run('tset');
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/no script "tset": one of .*test/)]);
});

test('every npm script of package.json is one of the set-up’s', async () => {
  const manifest: { scripts: Record<string, string> } = JSON.parse(
    await readFile(join(scripts, '..', 'package.json'), 'utf8'),
  );
  for (const [name, command] of Object.entries(manifest.scripts)) {
    expect(command).toBe(`node scripts/run.mjs ${name}`);
    expect(Object.keys(commands)).toContain(name);
  }
});

test.for([
  ['v18.20.0', false],
  ['v20.20.2', false],
  ['v22.18.0', false],
  ['v22.19.0', true],
  ['v23.0.0', false],
  ['v23.6.0', true],
  ['v24.0.0', true],
  ['v26.1.0', true],
] as const)('Node %s is good enough: %s', ([version, expected]) => {
  expect(isSupported(version)).toBe(expected);
});

test('each platform with a packaged Node has it in the runtime’s manifest and lockfile', async () => {
  const manifest = JSON.parse(await readFile(join(scripts, 'runtime', 'package.json'), 'utf8'));
  const locked = JSON.parse(await readFile(join(scripts, 'runtime', 'package-lock.json'), 'utf8'));
  for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']) {
    const [os, cpu] = platform.split('-');
    const name = runtimePackage(os, cpu);
    const version = manifest.optionalDependencies[name];
    expect(isSupported(`v${version}`)).toBe(true);
    expect(locked.packages[`node_modules/${name}`]).toMatchObject({ version, integrity: expect.any(String), os, cpu });
  }
  expect(runtimePackage('win32', 'x64')).toBeUndefined();
});

const here = { platform: 'linux', arch: 'x64', isThere: () => true };
const optional = { version: '1.0.0', integrity: 'x', optional: true };
test.for([
  ['all there', { a: { version: '1.0.0', integrity: 'x' } }, ['a'], true],
  ['one missing', { a: { version: '1.0.0', integrity: 'x' } }, [], false],
  ['one too many', {}, ['a'], false],
  ['an optional one of another platform missing', { a: { ...optional, os: ['darwin'] } }, [], true],
  ['an optional one of this platform missing', { a: { ...optional, os: ['linux'], cpu: ['x64'] } }, [], false],
  ['one for another C library missing', { a: { ...optional, os: ['linux'], libc: ['musl'] } }, [], true],
] as const)('%s matches the lockfile: %4$s', ([, wanted, found, expected]) => {
  const packages = Object.fromEntries(Object.entries(wanted).map(([name, entry]) => [`node_modules/${name}`, entry]));
  const installed = Object.fromEntries(
    found.map((name) => [`node_modules/${name}`, { version: '1.0.0', integrity: 'x' }]),
  );
  expect(
    matchesLock({ ...here, lock: { packages: { '': {}, ...packages } }, installed: { packages: installed } }),
  ).toBe(expected);
});

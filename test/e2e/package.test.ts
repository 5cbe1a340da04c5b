// What is built and packed, as who installs it has it: without sources and without node_modules.
import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const dist = resolve('dist');
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(cluster.testRoot, 'package-'));
  const { files } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly files: readonly string[] };
  for (const path of ['package.json', ...files]) await cp(path, join(directory, path), { recursive: true });
});

const program = (...args: readonly string[]) =>
  execa(process.execPath, [join(directory, 'dist', 'main.js'), ...args], {
    cwd: directory,
    reject: false,
    env: { PATH: cluster.path, KUBECONFIG: cluster.kubeconfig },
  });

it('every command of it loads, and finds what lies beside it', async () => {
  expect(await program('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('purge') });
  expect(await program('crd')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('kind: BookStore') });
  expect(await program('purge', 'runs')).toMatchObject({ exitCode: 0 });
  expect(await program('local', 'status', '--name', 'nowhere')).toMatchObject({ exitCode: 1 });
  const run = await program('run', '--watches-file', 'nowhere.yaml', '--metrics-bind-address=0');
  expect(run.stderr).toContain('nowhere.yaml');
});

it('loads neither the API client nor the operator before a command needs them', async () => {
  const loaded = new Set(['main.js']);
  for (const file of loaded) {
    const text = await readFile(join(dist, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^import .*"\.\/(.+\.js)";$/gm)) loaded.add(name);
  }
  const lazy = ['client-node.js', 'undici.js', 'run-operator.js', 'purge-actions.js'];
  expect(await readdir(dist)).toEqual(expect.arrayContaining(lazy));
  expect([...loaded].filter((file) => lazy.includes(file))).toEqual([]);
  expect(loaded.size).toBeGreaterThan(1);
});

it('names every package of which something is built in, with its notice', async () => {
  const notices = await readFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  const maps = (await readdir(dist)).filter((file) => file.endsWith('.js.map'));
  const packages = new Set<string>();
  for (const map of maps) {
    const { sources } = JSON.parse(await readFile(join(dist, map), 'utf8')) as { readonly sources: readonly string[] };
    for (const source of sources) {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
      if (name !== undefined) packages.add(name);
    }
  }
  expect([...packages]).toEqual(expect.arrayContaining(['commander', 'undici', 'yaml', '@kubernetes/client-node']));
  for (const name of packages) {
    const [, notice] =
      new RegExp(`^${name} \\d.*\\n\\n([\\s\\S]*?)(?:\\n-{80}\\n|$(?![\\s\\S]))`, 'm').exec(notices) ?? [];
    expect(notice, name).toMatch(/copyright|apache license/i);
  }
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { readConfig } from '../../../src/cli/config.ts';

it.each<[string, Record<string, string>, string]>([
  ['what HOME says', { HOME: '/home/alice' }, '/home/alice'],
  ['what passwd says where there is no HOME', {}, userInfo().homedir],
  ['what passwd says where HOME is empty', { HOME: '' }, userInfo().homedir],
])('the home directory is %s, for child processes too', (_what, env, home) => {
  const config = readConfig(env);
  expect([config.homeDir, config.env.HOME]).toEqual([home, home]);
  expect([config.cacheHome, config.stateHome]).toEqual([join(home, '.cache'), join(home, '.local', 'state')]);
});

it.runIf(process.getuid?.() === 0)('a user whom passwd does not know lives where temporary files go', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'config-'));
  try {
    const script = join(dir, 'home.mjs');
    const url = import.meta.resolve('../../../src/cli/config.ts');
    // the modules are loaded as root, who may read them all
    await writeFile(
      script,
      `const { readConfig } = await import(${JSON.stringify(url)});\nprocess.setuid(65532);\nconsole.log(readConfig({}).homeDir);\n`,
    );
    const { stdout } = await execa(process.execPath, [script], { env: { TMPDIR: '/var/tmp' }, extendEnv: false });
    expect(stdout).toBe('/var/tmp');
  } finally {
    await rm(dir, { recursive: true });
  }
});

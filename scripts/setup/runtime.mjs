// A Node that can run the program: this one, or one from an npm package where this one is too old.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from './lock.mjs';
import { isSupported, minimum, runtimePackage } from './node-version.mjs';
import { installLocked } from './npm.mjs';
import { runtimeDir, setupDir } from './paths.mjs';
import { SetupError } from './setup-error.mjs';

/** The directory with the `node` to use, and its version. Installs one at most once. */
export async function ensureRuntime({ say, signals }) {
  if (isSupported(process.version)) return { binDir: dirname(process.execPath), version: process.version };
  const name = runtimePackage(process.platform, process.arch);
  if (name === undefined) {
    throw new SetupError(
      `Node ${process.version} is too old and there is no packaged one for ${process.platform}-${process.arch}: install Node ${minimum} or newer`,
    );
  }
  const wanted = JSON.parse(readFileSync(join(runtimeDir, 'package.json'), 'utf8')).optionalDependencies[name];
  if (installedVersion(name) !== wanted) {
    await withLock(join(setupDir, 'runtime.lock'), {
      say,
      work: async () => {
        if (installedVersion(name) === wanted) return;
        say(
          `Node ${process.version} is too old (${minimum} or newer is needed): installing ${name} ${wanted} into scripts/runtime`,
        );
        await installLocked({ cwd: runtimeDir, what: `Node ${wanted}`, signals });
        assertRuns(name, wanted);
      },
    });
  }
  return { binDir: binDirOf(name), version: `v${wanted}` };
}

function binDirOf(name) {
  return join(runtimeDir, 'node_modules', name, 'bin');
}

function installedVersion(name) {
  const manifest = join(runtimeDir, 'node_modules', name, 'package.json');
  if (!existsSync(join(binDirOf(name), 'node')) || !existsSync(manifest)) return undefined;
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

function assertRuns(name, wanted) {
  // npm passes over an optional package that it cannot fetch, and ends well
  if (installedVersion(name) !== wanted) {
    throw new SetupError(
      `npm did not install ${name} ${wanted}: check that the registry is reachable (npm ping) and try again, or install Node ${minimum} or newer yourself`,
    );
  }
  const node = join(binDirOf(name), 'node');
  const { status, stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (status === 0 && stdout.trim() === `v${wanted}`) return;
  throw new SetupError(
    `the Node of ${name} ${wanted} does not run on this machine (${error?.message ?? `exit code ${status}`}): install Node ${minimum} or newer yourself`,
  );
}

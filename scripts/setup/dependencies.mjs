// node_modules as package-lock.json says: looked at on every run, installed only where it differs.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { matchesLock } from './lockfile.mjs';
import { installLocked } from './npm.mjs';
import { modulesDir, rootDir, setupDir } from './paths.mjs';

const stampFile = join(modulesDir, '.setup-stamp');
const lockFile = join(rootDir, 'package-lock.json');

/** Installs the dependencies unless the stamp of an earlier run, or npm's own record, says that they are there. */
export async function ensureDependencies({ runtime, say, signals }) {
  const stamp = stampOf(readFileSync(lockFile), runtime.version);
  if (readIfThere(stampFile) === stamp) return;
  await withLock(join(setupDir, 'dependencies.lock'), {
    say,
    work: async () => {
      if (readIfThere(stampFile) === stamp) return;
      if (isInstalledByHand()) {
        say('node_modules matches package-lock.json');
      } else {
        say(
          `installing the dependencies (npm ci, ${existsSync(modulesDir) ? 'package-lock.json changed' : 'first time'})`,
        );
        await installLocked({ cwd: rootDir, what: 'the dependencies', signals });
      }
      mkdirSync(modulesDir, { recursive: true });
      writeFileSync(stampFile, stamp);
    },
  });
}

/** Platform and Node are part of it: a node_modules carried to another machine is not trusted. */
function stampOf(lock, version) {
  return createHash('sha256').update(lock).update(`\0${version} ${process.platform} ${process.arch}`).digest('hex');
}

function isInstalledByHand() {
  const installed = readIfThere(join(modulesDir, '.package-lock.json'));
  return (
    installed !== undefined &&
    matchesLock({
      lock: JSON.parse(readFileSync(lockFile, 'utf8')),
      installed: JSON.parse(installed),
      platform: process.platform,
      arch: process.arch,
      isThere: (path) => existsSync(join(rootDir, path)),
    })
  );
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

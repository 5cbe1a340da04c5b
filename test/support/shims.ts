// Small programs in place of real ones: shell scripts in a directory of their own, which goes away after the test file.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of scripts. */
export interface Shims {
  /** For `PATH`. */
  readonly dir: string;
  /** Writes a script and gives its path. `$DIR` in it is the directory. The mode is 0755 by default. */
  readonly add: (name: string, script: string, options?: { readonly mode?: number }) => Promise<string>;
  /** The lines of a file that a script wrote; none where there is no file yet. */
  readonly lines: (name: string) => Promise<string[]>;
  readonly remove: () => Promise<void>;
}

/** Makes the directory. */
export async function createShims(): Promise<Shims> {
  const dir = await mkdtemp(join(tmpdir(), 'shims-'));
  return {
    dir,
    add: async (name, script, { mode = 0o755 } = {}) => {
      const file = join(dir, name);
      await writeFile(file, `#!/bin/sh\nDIR=${dir}\n${script}\n`);
      await chmod(file, mode);
      return file;
    },
    lines: async (name) => {
      const text = await readFile(join(dir, name), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
    remove: () => rm(dir, { recursive: true }),
  };
}

/** Whether a process runs; one that is dead and not yet waited for does not. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return !/\) [ZX]/.test(stat);
}

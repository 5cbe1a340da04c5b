// Where things are in this clone.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const rootDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const runtimeDir = join(rootDir, 'scripts', 'runtime');
export const modulesDir = join(rootDir, 'node_modules');
/** Locks and notes of the set-up; ignored by git. */
export const setupDir = join(rootDir, '.setup');

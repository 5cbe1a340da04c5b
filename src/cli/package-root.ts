// Where charts/, deploy/ and watches.yaml are: the repository, or the installed package.
import { resolve } from 'node:path';

/** The same relation holds for src/cli and for dist/cli. */
export const packageRoot: string = resolve(import.meta.dirname, '..', '..');

// Where this package is, and which file starts it: the same for the sources and for what is built of them.
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Where charts/, deploy/, local-cluster/ and watches.yaml are: the clone, or the installed package. Asked of Node, because a
 * built file lies elsewhere than its source.
 */
export const packageRoot: string = dirname(findPackageJSON('..', import.meta.url) ?? import.meta.filename);

/** The file that starts this program once more, to be given to this Node. */
export const mainFile: string = join(
  packageRoot,
  import.meta.filename.endsWith('.ts') ? 'src/main.ts' : 'dist/main.js',
);

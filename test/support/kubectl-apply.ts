// Objects written in a test, applied as a user would.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectl } from './operator-run.ts';
import { testCluster } from './test-context.ts';

/** Server-side apply of one object. */
export async function kubectlApply(object: Readonly<Record<string, unknown>>): Promise<void> {
  const file = join(await mkdtemp(join(testCluster().testRoot, 'apply-')), 'object.json');
  await writeFile(file, JSON.stringify(object));
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
}

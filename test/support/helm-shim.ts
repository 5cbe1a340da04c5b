// helm that is a script: it finds the real one as `helm`.
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Helm } from '../../src/helm/process.ts';
import { testCluster } from './test-context.ts';

export async function helmShim(script: string): Promise<Helm> {
  const { testRoot, kubeconfig, path } = testCluster();
  const file = join(await mkdtemp(join(testRoot, 'shim-')), 'helm');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return new Helm({ binary: file, kubeconfig, env: { PATH: path, HOME: testRoot } });
}

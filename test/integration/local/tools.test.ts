// helm and kubectl: taken from PATH where they fit, fetched where they do not.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { LocalContext } from '../../../src/local/local-environment.ts';
import { findTools } from '../../../src/local/tools.ts';
import { testContext } from '../../support/local-cluster.ts';
import { testCluster } from '../../support/test-context.ts';

const { testRoot } = testCluster();

async function shims(versions: { helm: string; kubectl: string }): Promise<string> {
  const bin = await mkdtemp(join(testRoot, 'shims-'));
  await mkdir(bin, { recursive: true });
  const client = JSON.stringify({ clientVersion: { gitVersion: versions.kubectl } });
  await writeFile(join(bin, 'helm'), `#!/bin/sh\necho ${versions.helm}\n`, { mode: 0o755 });
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\necho '${client.replace(':', ': ')}'\n`, { mode: 0o755 });
  return bin;
}

function withPath(bin: string): LocalContext {
  const context = testContext(testRoot);
  const env = { ...context.environment.env, PATH: `${bin}:${context.environment.env.PATH}` };
  return { ...context, environment: { ...context.environment, env } };
}

test('those on PATH are used by name where they are new enough', async () => {
  const bin = await shims({ helm: 'v4.1.0', kubectl: 'v1.36.0' });
  expect(await findTools(withPath(bin))).toMatchObject({
    helm: { path: 'helm', version: '4.1.0', source: 'PATH' },
    kubectl: { path: 'kubectl', version: '1.36.0', source: 'PATH' },
  });
});

test('old ones on PATH are passed over for others that run', async () => {
  const bin = await shims({ helm: 'v3.19.0', kubectl: 'v1.32.4-dispatcher' });
  const { helm, kubectl } = await findTools(withPath(bin));
  for (const tool of [helm, kubectl]) {
    expect(tool.source).not.toBe('PATH');
    expect(tool.path).toBe(join(tool.binDir ?? '', tool.name));
  }
  expect((await execa(helm.path, ['version', '--short'])).stdout).toMatch(/^v4\./);
  expect((await execa(kubectl.path, ['version', '--client'])).stdout).toMatch(/v1\.3[567]\./);
});

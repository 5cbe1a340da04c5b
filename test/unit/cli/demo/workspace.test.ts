// The environment of the demo's lines, and its directory.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hints } from '../../../../src/cli/demo/hints.ts';
import { demoEnvironment, demoWorkspace, writeShim } from '../../../../src/cli/demo/workspace.ts';

const stateHome = mkdtempSync(join(tmpdir(), "it's a demo "));
const workspace = demoWorkspace(stateHome, 'demo');
afterAll(() => rmSync(stateHome, { recursive: true }));

test("nothing of the user's leads kubectl or helm to another cluster", () => {
  const env = demoEnvironment(workspace, {
    binDirs: ['/demo/bin', '/tools'],
    env: {
      PATH: '/usr/bin',
      HOME: '/home/me',
      KUBECONFIG: '/home/me/.kube/config',
      HELM_KUBECONTEXT: 'production',
      HELM_NAMESPACE: 'shop',
      HELM_BIN: '/opt/helm3',
      KUBECTL_KUBERC: 'true',
      WATCH_NAMESPACE: 'shop',
      POD_NAMESPACE: 'shop',
    },
  });
  expect(env).toEqual({
    PATH: '/demo/bin:/tools:/usr/bin',
    HOME: '/home/me',
    KUBECONFIG: join(stateHome, 'bookstore-operator/local/demo/kubeconfig'),
    KUBERC: 'off',
    KUBECACHEDIR: join(workspace.dir, 'cache/kube'),
    HELM_CACHE_HOME: join(workspace.dir, 'cache/helm'),
    HELM_CONFIG_HOME: join(workspace.dir, 'config/helm'),
    HELM_DATA_HOME: join(workspace.dir, 'data/helm'),
  });
});

test('bookstore-operator is a command that starts the program with its arguments', async () => {
  await writeShim(workspace, ['/bin/echo', "it's", 'run by']);
  const out = execFileSync(join(workspace.binDir, 'bookstore-operator'), ['purge', 'a b'], { encoding: 'utf8' });
  expect(out).toBe("it's run by purge a b\n");
});

test('the hints of a demo that was left up can be pasted', () => {
  const left = { packageRoot: '/opt/my clone', binDirs: ['/demo/bin', '/tools'], hasOperator: true };
  const lines = hints(demoWorkspace('/state', 'other'), left);
  expect(lines).toContain("  cd '/opt/my clone'");
  expect(lines).toContain('  export KUBECONFIG=/state/bookstore-operator/local/other/kubeconfig');
  expect(lines).toContain('  export PATH=/demo/bin:/tools:"$PATH"');
  expect(lines.at(-1)).toBe(
    'To take all of it down, the operator too: bookstore-operator demo --down --name other   (in a clone: npm run demo -- --down --name other)',
  );
});

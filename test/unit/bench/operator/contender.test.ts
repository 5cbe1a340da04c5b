// How the operators are started, and what becomes of one that cannot be.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandOf, ours, peerOf, versionOf } from '../../../../bench/operator/contender.ts';
import { OperatorProcess } from '../../../../bench/operator/operator-process.ts';
import { createShims, type Shims } from '../../../support/shims.ts';

let shims: Shims;
beforeAll(async () => {
  shims = await createShims();
});
afterAll(() => shims.remove());

const places = { watchesFile: '/watches.yaml', probePort: 8_081 };

test('helm-operator gets the same watches.yaml, and flags that it has', async () => {
  const peer = await peerOf(await shims.add('helm-operator', 'exit 0'));
  expect(peer && commandOf(peer, places)).toEqual({
    file: `${shims.dir}/helm-operator`,
    args: [
      'run',
      '--watches-file=/watches.yaml',
      '--metrics-bind-address=0',
      '--health-probe-bind-address=127.0.0.1:8081',
    ],
  });
});

test('ours is started as its Deployment starts it', () => {
  const { file, args } = commandOf(ours, places);
  expect(file).toBe(process.execPath);
  expect(args.slice(1)).toEqual([
    'run',
    '--watches-file=/watches.yaml',
    '--metrics-bind-address=0',
    '--health-probe-bind-address=127.0.0.1:8081',
    '--leader-elect',
  ]);
});

test('where no binary is named there is no other operator', async () => {
  expect(await peerOf(undefined)).toBeUndefined();
});

test('a binary that is not there, or not executable, is told before anything is started', async () => {
  await expect(peerOf(`${shims.dir}/nosuch`)).rejects.toThrow(/BENCH_HELM_OPERATOR: not a program .*ENOENT/);
  const file = await shims.add('not-executable', 'exit 0', { mode: 0o644 });
  // root may execute nothing without an execute bit either
  await expect(peerOf(file)).rejects.toThrow(/BENCH_HELM_OPERATOR: not a program .*EACCES/);
});

test('its version is taken from what it prints, and nothing else of that', async () => {
  const said = 'helm-operator version: "v1.42.0", commit: "60559f3", built in /some/where';
  const peer = await peerOf(await shims.add('with-version', `echo '${said}'`));
  expect(peer && (await versionOf(peer))).toBe('v1.42.0');
  const silent = await peerOf(await shims.add('without-version', 'exit 1'));
  expect(silent && (await versionOf(silent))).toBeUndefined();
});

test('one that ends at its start fails the benchmark with its last words', async () => {
  const peer = await peerOf(await shims.add('broken', 'echo "no matches for kind" >&2\nexit 3'));
  const cluster = {
    kubeconfig: '/nonexistent',
    helm: '/nonexistent',
    path: process.env.PATH ?? '',
    testRoot: shims.dir,
  };
  const starting =
    peer && OperatorProcess.start(peer, { cluster, namespace: 'a', signal: new AbortController().signal });
  await expect(starting).rejects.toThrow('helm-operator ended by itself (3); its last words:\n  no matches for kind');
});

test('one that was removed meanwhile fails the benchmark too', async () => {
  const gone = { ...ours, name: 'helm-operator', program: [`${shims.dir}/gone`] as const };
  const cluster = { kubeconfig: '/nonexistent', helm: '/nonexistent', path: '', testRoot: shims.dir };
  const starting = OperatorProcess.start(gone, { cluster, namespace: 'a', signal: new AbortController().signal });
  await expect(starting).rejects.toThrow(/^cannot start helm-operator: .*ENOENT/);
});

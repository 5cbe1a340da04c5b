// Building, with a shell script in place of go: what is said, what is left behind, who waits for whom.
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedBuild, findBinaries } from '../../../src/local/binaries.ts';
import { controlPlaneTargets } from '../../../src/local/build-plan.ts';
import { isThere } from '../../../src/local/files.ts';
import type { LocalContext } from '../../../src/local/local-environment.ts';
import type { LocalEvent } from '../../../src/local/local-event.ts';

let dir: string;
let bin: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'build-'));
  bin = join(dir, 'bin');
  await mkdir(bin);
});
afterEach(() => rm(dir, { recursive: true }));

/** A `go` that knows `version`, `list` and, as the script says, `build`; `$out` is what it is to write. */
async function fakeGo(options: { version?: string; build: string }): Promise<void> {
  const script = `#!/bin/sh
echo "$*" >>${dir}/calls
case "$1" in
  version) echo 'go version go${options.version ?? '1.26.3'} linux/amd64' ;;
  list) echo 'go: downloading example.com/a v1' >&2; echo x; echo; echo x ;;
  build)
    while [ "$1" != -o ]; do shift; done
    out=$2
    ${options.build}
    ;;
esac
`;
  await writeFile(join(bin, 'go'), script);
  await chmod(join(bin, 'go'), 0o755);
}

const good = 'echo example.com/a >&2; echo example.com/b >&2; echo binary >$out';

function context(options: Partial<LocalContext['environment']> & { signal?: AbortSignal } = {}) {
  const events: LocalEvent[] = [];
  const { signal = new AbortController().signal, ...environment } = options;
  const value: LocalContext = {
    environment: {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      cacheHome: join(dir, 'cache'),
      stateHome: dir,
      moduleDir: join(import.meta.dirname, '..', '..', '..', 'local-cluster'),
      ...environment,
    },
    signal,
    report: (event) => events.push(event),
  };
  return { ...value, events, notes: () => events.flatMap((event) => (event.kind === 'note' ? [event.message] : [])) };
}

const cacheEntries = () => readdir(join(dir, 'cache', 'bookstore-operator', 'local-cluster'));
const build = (of: LocalContext, neededBytes = 1) =>
  cachedBuild(controlPlaneTargets, { ...of, what: 'it', neededBytes });

test('a build leaves the binaries under all their names, and nothing else', async () => {
  await fakeGo({ build: good });
  const binDir = await build(context());
  expect((await readdir(binDir)).toSorted()).toEqual([
    'etcd',
    'kube-apiserver',
    'kube-control-plane',
    'kube-controller-manager',
    'kube-scheduler',
    'kwok',
  ]);
  expect(await readlink(join(binDir, 'kube-apiserver'))).toBe('kube-control-plane');
  expect(await cacheEntries()).toEqual([binDir.split('/').at(-1)]);
});

test('it tells the steps, how far each is, and how long it took so far', async () => {
  await fakeGo({ build: good });
  const shown = context();
  await build(shown);
  const steps = shown.events.flatMap((event) =>
    event.kind === 'progress' ? [`${event.index}/${event.count} ${event.step} ${event.done} of ${event.total}`] : [],
  );
  expect(steps.slice(0, 5)).toEqual([
    '1/6 fetching the sources of kube-control-plane 0 of undefined',
    '1/6 fetching the sources of kube-control-plane 1 of undefined',
    '2/6 compiling kube-control-plane 0 of 2',
    '2/6 compiling kube-control-plane 1 of 2',
    '2/6 compiling kube-control-plane 2 of 2',
  ]);
  expect(steps.at(-1)).toBe('6/6 compiling kwok 2 of 2');
  expect(shown.events.at(-1)).toEqual({ kind: 'progress-end' });
});

test('the second time nothing is built', async () => {
  await fakeGo({ build: good });
  const first = await build(context());
  await rm(join(bin, 'go'));
  expect(await build(context({ env: { PATH: '/nonexistent' } }))).toBe(first);
});

test('two at a time: one builds, the other waits, says so, and builds nothing', async () => {
  await fakeGo({ build: `sleep 0.3; ${good}` });
  const both = [context(), context()] as const;
  const [one, two] = await Promise.all(both.map((each) => build(each)));
  expect(one).toBe(two);
  const builds = (await readFile(join(dir, 'calls'), 'utf8')).split('\n').filter((line) => line.startsWith('build'));
  expect(builds).toHaveLength(3);
  expect(both.flatMap((each) => each.notes()).filter((note) => note.includes('waiting'))).toEqual([
    `another build is in progress (process ${process.pid}); waiting for it`,
  ]);
});

test('a failed build shows the compiler’s words and leaves nothing', async () => {
  await fakeGo({ build: 'echo "main.go:3: undefined: x" >&2; exit 1' });
  await expect(build(context())).rejects.toMatchObject({
    code: 'LOCAL_BUILD_FAILED',
    message: expect.stringMatching(/kube-control-plane failed:\n.*undefined: x/s),
    remedy: expect.any(String),
  });
  expect(await cacheEntries()).toEqual([]);
});

test('a disk that runs full while building is named as such', async () => {
  await fakeGo({ build: 'echo "write /x: no space left on device" >&2; exit 1' });
  await expect(build(context())).rejects.toMatchObject({ code: 'LOCAL_DISK_FULL' });
});

test('too little disk is seen before anything is compiled', async () => {
  await fakeGo({ build: good });
  await expect(build(context(), 1e18)).rejects.toMatchObject({
    code: 'LOCAL_DISK_FULL',
    message: expect.stringMatching(/GB are free at .*; the build needs 1000000000.0 GB/),
    remedy: expect.stringContaining('XDG_CACHE_HOME'),
  });
  expect(await readFile(join(dir, 'calls'), 'utf8')).toBe('version\n');
});

test('an abort in the middle ends the compiler and its children, and leaves neither draft nor lock', async () => {
  await fakeGo({ build: `sleep 60 & echo $! >${dir}/child; echo $$ >${dir}/parent; wait` });
  const abort = new AbortController();
  const building = build(context({ signal: abort.signal }));
  const outcome = expect(building).rejects.toThrow('interrupted');
  while (!(await isThere(join(dir, 'parent')))) await delay(10);
  abort.abort(new Error('interrupted'));
  await outcome;
  expect(await cacheEntries()).toEqual([]);
  for (const name of ['child', 'parent']) {
    const pid = Number(await readFile(join(dir, name), 'utf8'));
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '0 (gone) Z');
    expect(stat).toMatch(/\) [ZX]/);
  }
});

test('what a killed builder left is removed by the next one', async () => {
  await fakeGo({ build: good });
  const cacheDir = join(dir, 'cache', 'bookstore-operator', 'local-cluster');
  await mkdir(join(cacheDir, '.build-old', 'tmp'), { recursive: true });
  await build(context());
  expect(await cacheEntries()).not.toContain('.build-old');
});

test('a Go that is too old is an error that names both versions', async () => {
  await fakeGo({ version: '1.22.1', build: good });
  await expect(build(context())).rejects.toMatchObject({
    code: 'LOCAL_GO_TOO_OLD',
    message: 'the Go on PATH is 1.22.1; the control plane needs 1.26.0 or newer',
    remedy: expect.stringContaining('Update Go'),
  });
});

test('without Go and python3 the error names three ways out', async () => {
  await expect(build(context({ env: { PATH: bin } }))).rejects.toMatchObject({
    code: 'LOCAL_GO_MISSING',
    remedy: expect.stringMatching(/Install Go.*BOOKSTORE_OPERATOR_LOCAL_ASSETS.*--kubeconfig/s),
  });
});

test('a directory that the user names is used as it is, and an incomplete one refused', async () => {
  for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
    await writeFile(join(bin, name), '', { mode: 0o755 });
  }
  await expect(findBinaries(context({ assetsDir: bin }))).rejects.toMatchObject({
    code: 'LOCAL_ASSETS_INCOMPLETE',
    message: `BOOKSTORE_OPERATOR_LOCAL_ASSETS (${bin}) lacks kwok`,
  });
  await writeFile(join(bin, 'kwok'), '', { mode: 0o755 });
  expect(await findBinaries(context({ assetsDir: bin }))).toBe(bin);
});

test('envtest’s directory, which lacks some binaries, is passed over and said', async () => {
  const shown = context({ envtestAssetsDir: join(dir, 'envtest'), env: { PATH: bin } });
  await expect(findBinaries(shown)).rejects.toMatchObject({ code: 'LOCAL_GO_MISSING' });
  expect(shown.notes()[0]).toMatch(/^KUBEBUILDER_ASSETS .* lacks etcd, .*: not used$/);
});

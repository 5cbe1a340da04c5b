// Builds binaries from the Go modules into a directory of the cache: once, one builder at a time, all or nothing.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, statfs, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildFlags, type GoTarget, neededDiskBytes } from './build-plan.ts';
import { withFileLock } from './file-lock.ts';
import { isThere } from './files.ts';
import { cacheDirOf, type LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { findToolchain, type GoToolchain } from './toolchain.ts';
import { formatVersion } from './version.ts';

/** One build. */
export interface BuildRequest {
  readonly targets: readonly GoTarget[];
  /** Appears complete, or not at all. */
  readonly targetDir: string;
  /** What is built, for messages: `the control plane`. */
  readonly what: string;
  /** Free disk below which nothing is begun. Default {@link neededDiskBytes}. */
  readonly neededBytes?: number;
}

/**
 * Fills `targetDir`, unless another process does so first. On failure or abort nothing of it is left.
 * @throws LocalClusterError `LOCAL_GO_…`, `LOCAL_DISK_FULL`, `LOCAL_BUILD_FAILED`
 */
export async function build(request: BuildRequest, context: LocalContext): Promise<void> {
  const { environment, signal, report } = context;
  const cacheDir = cacheDirOf(environment);
  const onWait = (pid: number) =>
    report({ kind: 'note', message: `another build is in progress (process ${pid}); waiting for it` });
  const work = async () => {
    if (await isThere(request.targetDir)) return;
    await removeDrafts(cacheDir);
    const toolchain = await findToolchain(context);
    await assertDisk(cacheDir, request.neededBytes ?? neededDiskBytes);
    const go = `Go ${formatVersion(toolchain.version)}`;
    report({ kind: 'note', message: `building ${request.what} with ${go} into ${request.targetDir} (once)` });
    const draft = join(cacheDir, `${draftPrefix}${randomUUID()}`);
    await mkdir(join(draft, 'tmp'), { recursive: true });
    try {
      await buildAll(request, { ...context, draft, toolchain });
      await rm(join(draft, 'tmp'), { recursive: true, force: true });
      await mkdir(dirname(request.targetDir), { recursive: true });
      await rename(draft, request.targetDir);
    } finally {
      report({ kind: 'progress-end' });
      await rm(draft, { recursive: true, force: true });
    }
  };
  await withFileLock(join(cacheDir, 'build.lock'), work, { signal, onWait });
}

const draftPrefix = '.build-';

/** What a killed builder left; we hold the lock, so nobody works in it. */
async function removeDrafts(cacheDir: string): Promise<void> {
  const names = await readdir(cacheDir);
  const drafts = names.filter((name) => name.startsWith(draftPrefix));
  await Promise.all(drafts.map((name) => rm(join(cacheDir, name), { recursive: true, force: true })));
}

async function assertDisk(dir: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw diskFull(`${gigabytes(freeBytes)} GB are free at ${dir}; the build needs ${gigabytes(neededBytes)} GB`);
}

function diskFull(message: string): LocalClusterError {
  return new LocalClusterError('LOCAL_DISK_FULL', message, {
    isTerminal: true,
    remedy: 'Free some space, or set XDG_CACHE_HOME, GOCACHE and GOMODCACHE to directories on a larger disk.',
  });
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

interface Workshop extends LocalContext {
  readonly draft: string;
  readonly toolchain: GoToolchain;
}

async function buildAll(request: BuildRequest, workshop: Workshop): Promise<void> {
  const startedAt = performance.now();
  for (const [position, target] of request.targets.entries()) {
    const step = (title: string) => (done: number, total: number | undefined) =>
      workshop.report({
        kind: 'progress',
        step: title,
        index: position * 2 + (title.startsWith('fetching') ? 1 : 2),
        count: request.targets.length * 2,
        done,
        total,
        elapsedMs: performance.now() - startedAt,
      });
    const stale = await countStale(target, {
      ...workshop,
      onProgress: step(`fetching the sources of ${target.output}`),
    });
    await compile(target, { ...workshop, stale, onProgress: step(`compiling ${target.output}`) });
    for (const name of target.links) await symlink(target.output, join(workshop.draft, name));
  }
}

type OnProgress = (done: number, total: number | undefined) => void;

/** Downloads what the target needs and tells how many packages go has to compile for it. */
async function countStale(target: GoTarget, shop: Workshop & { onProgress: OnProgress }): Promise<number> {
  let downloads = 0;
  shop.onProgress(0, undefined);
  const onStderrLine = (line: string) => {
    if (line.startsWith('go: downloading ')) shop.onProgress(++downloads, undefined);
  };
  const args = ['list', ...buildFlags, '-deps', '-f', '{{if .Stale}}x{{end}}', target.package] as const;
  const result = await runGo(args, { target, shop, onStderrLine });
  return result.stdout.split('\n').filter((line) => line !== '').length;
}

async function compile(target: GoTarget, shop: Workshop & { stale: number; onProgress: OnProgress }): Promise<void> {
  let compiled = 0;
  shop.onProgress(0, shop.stale);
  // -v prints each package as go begins with it; other lines are the compiler's complaints.
  const onStderrLine = (line: string) => {
    if (/^[\w./~-]+$/.test(line)) shop.onProgress(Math.min(++compiled, shop.stale), shop.stale);
  };
  const output = join(shop.draft, target.output);
  const args = ['build', '-v', ...buildFlags, '-ldflags', target.ldflags, '-o', output, target.package] as const;
  await runGo(args, { target, shop, onStderrLine });
}

interface GoRun {
  readonly target: GoTarget;
  readonly shop: Workshop;
  readonly onStderrLine: (line: string) => void;
}

async function runGo(args: readonly string[], run: GoRun): Promise<ProgramResult> {
  const { environment, signal, toolchain, draft } = run.shop;
  const { GOOS: _os, GOARCH: _arch, GOROOT: _root, ...env } = environment.env;
  const result = await runProgram([toolchain.go, ...args], {
    cwd: join(environment.moduleDir, run.target.module),
    env: {
      ...env,
      CGO_ENABLED: '0',
      GOTOOLCHAIN: 'local',
      GOWORK: 'off',
      GOFLAGS: '-mod=readonly',
      GOTMPDIR: join(draft, 'tmp'),
    },
    signal,
    onStderrLine: run.onStderrLine,
  });
  if (result.exitCode === 0) return result;
  const text = result.stderrTail.slice(-15).join('\n');
  if (text.includes('no space left on device')) throw diskFull(`the disk ran full while building ${run.target.output}`);
  throw new LocalClusterError('LOCAL_BUILD_FAILED', `go ${args[0]} of ${run.target.output} failed:\n${text}`, {
    remedy: 'Go needs its module proxy (GOPROXY) and write access to its caches; the same command can be repeated.',
  });
}

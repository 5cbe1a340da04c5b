// Where the control plane's binaries come from: a directory the user names, the cache, a build, in this order.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './build.ts';
import { cacheKey, componentBinaries, controlPlaneTargets, type GoTarget } from './build-plan.ts';
import { isExecutable, isThere } from './files.ts';
import { cacheDirOf, type LocalContext } from './local-environment.ts';
import { LocalClusterError } from './local-error.ts';

/**
 * The directory with all {@link componentBinaries}.
 * @throws LocalClusterError `LOCAL_ASSETS_INCOMPLETE`, and what {@link build} throws
 */
export async function findBinaries(context: LocalContext): Promise<string> {
  const { assetsDir, envtestAssetsDir } = context.environment;
  if (assetsDir !== undefined) return assertComplete(assetsDir);
  if (envtestAssetsDir !== undefined) {
    const missing = await missingIn(envtestAssetsDir);
    if (missing.length === 0) return envtestAssetsDir;
    const message = `KUBEBUILDER_ASSETS (${envtestAssetsDir}) lacks ${missing.join(', ')}: not used`;
    context.report({ kind: 'note', message });
  }
  return cachedBuild(controlPlaneTargets, { ...context, what: 'the control plane' });
}

/** The cache's directory for `targets`, built where it is not there yet. */
export async function cachedBuild(
  targets: readonly GoTarget[],
  context: LocalContext & { readonly what: string; readonly neededBytes?: number },
): Promise<string> {
  const key = cacheKey(targets, await readSources(targets, context.environment.moduleDir));
  const targetDir = join(cacheDirOf(context.environment), key);
  const { what, neededBytes } = context;
  if (!(await isThere(targetDir))) {
    await build({ targets, targetDir, what, ...(neededBytes === undefined ? {} : { neededBytes }) }, context);
  }
  return targetDir;
}

async function assertComplete(dir: string): Promise<string> {
  const missing = await missingIn(dir);
  if (missing.length === 0) return dir;
  const message = `BOOKSTORE_OPERATOR_LOCAL_ASSETS (${dir}) lacks ${missing.join(', ')}`;
  throw new LocalClusterError('LOCAL_ASSETS_INCOMPLETE', message, {
    isTerminal: true,
    remedy: `Put executables named ${componentBinaries.join(', ')} there, or unset it to have them built.`,
  });
}

async function missingIn(dir: string): Promise<string[]> {
  const found = await Promise.all(componentBinaries.map((name) => isExecutable(join(dir, name))));
  return componentBinaries.filter((_name, index) => found[index] === false);
}

/** Every file of each module counts: go.mod, go.sum, and Go files of our own. */
async function readSources(targets: readonly GoTarget[], moduleDir: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const module of new Set(targets.map((target) => target.module))) {
    const names = await readdir(join(moduleDir, module));
    for (const name of names.filter((each) => /^go\.(mod|sum)$|\.go$/.test(each))) {
      sources.set(`${module}/${name}`, await readFile(join(moduleDir, module, name), 'utf8'));
    }
  }
  return sources;
}

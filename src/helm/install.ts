// `helm install`: the first revision of a release that nobody has, and never the next one of somebody else's (DESIGN.md O6).
import type { Helm, HelmResult } from './process.ts';
import { type ReleaseOptions, releaseCall, releaseFlags } from './release-flags.ts';

/**
 * The arguments: those of `helm upgrade --install` as far as they mean something without an earlier revision. `upgrade
 * --install` would upgrade a release that came to be since it was last looked for; `install` fails, because the Secret of
 * revision 1 is created before anything else is (tried).
 */
export function installArguments(options: ReleaseOptions): string[] {
  return ['install', ...releaseFlags(options)];
}

/** Installs. @throws HelmError `HELM_NAME_IN_USE` where there is a release of that name */
export function helmInstall(helm: Helm, options: ReleaseOptions): Promise<HelmResult> {
  return helm.run(installArguments(options), releaseCall('install', options));
}

// `helm upgrade --install`: the one call that makes a release that is there equal to what is wanted (DESIGN.md O5).
import type { Helm, HelmResult } from './process.ts';
import { type ReleaseOptions, releaseCall, releaseFlags } from './release-flags.ts';

/** What the release shall be. */
export interface UpgradeOptions extends ReleaseOptions {
  /** Revisions kept. */
  readonly maxHistory: number;
}

/** The arguments, in the order of DESIGN.md O5. `--reset-values`: otherwise an emptied spec keeps old values. */
export function upgradeArguments(options: UpgradeOptions): string[] {
  return ['upgrade', '--install', ...releaseFlags(options, ['--reset-values', `--history-max=${options.maxHistory}`])];
}

/** Installs or upgrades. @throws HelmError */
export function helmUpgrade(helm: Helm, options: UpgradeOptions): Promise<HelmResult> {
  return helm.run(upgradeArguments(options), releaseCall('install or upgrade', options));
}

// Uninstalling only what is proved to be the release's: helm itself checks nothing (DESIGN.md O7, P1, P2).
import { type Clock, systemClock } from '../lib/clock.ts';
import { type ProveStoredDeps, type ProveStoredRequest, proveStored } from './prove-stored.ts';
import type { ProvenUninstaller, ProvenUninstallRequest } from './proven-uninstaller.ts';
import type { AnsweredUninstall } from './uninstaller.ts';

/** What may be touched besides the namespaced objects in the release's own namespace. */
export type CheckedUninstallRequest = ProveStoredRequest & Pick<ProvenUninstallRequest, 'onDriver'>;

/** Takes releases away that are proved first. */
export interface CheckedUninstaller extends Pick<ProvenUninstaller, 'driver'> {
  /**
   * Proves, then uninstalls; proof and uninstall share `timeoutMs`. Where the proof fails nothing was deleted.
   * @throws UninstallError for what is not proved; HelmError, `HELM_RELEASE_NOT_FOUND` where there is no record; ApiError
   */
  uninstall(request: CheckedUninstallRequest): Promise<AnsweredUninstall | undefined>;
}

/** What the proof reads with, and what uninstalls afterwards. */
export interface CheckedUninstallerDeps extends ProveStoredDeps {
  readonly driver: ProvenUninstaller;
  readonly clock?: Clock;
}

/** Puts the proof in front of a driver. */
export function checkedUninstaller(deps: CheckedUninstallerDeps): CheckedUninstaller {
  const { driver, clock = systemClock } = deps;
  return {
    driver: driver.driver,
    uninstall: async (request) => {
      const startedMs = clock.monotonic();
      const proven = await proveStored(deps, request);
      const timeoutMs = Math.max(1, request.timeoutMs - (clock.monotonic() - startedMs));
      return driver.uninstall({ ...request, timeoutMs, proven });
    },
  };
}

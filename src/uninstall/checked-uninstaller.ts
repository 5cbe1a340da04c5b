// Uninstalling with helm only what is proved to be the release's: helm itself checks nothing (DESIGN.md O7, P1, P2).
import { HelmError } from '../helm/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { UninstallError } from './errors.ts';
import { proveRelease } from './prove-release.ts';
import { readRecords } from './read-records.ts';
import type { AllowedKind } from './record-trust.ts';
import type { ReleaseUninstaller, UninstallRequest } from './uninstaller.ts';

/** What may be touched besides the namespaced objects in the release's own namespace. */
export interface CheckedUninstallRequest extends UninstallRequest {
  /**
   * Kinds of which the release may have cluster-scoped objects, or objects in other namespaces: those that its chart is
   * known to render. The live object must carry the release's marks all the same. Default none.
   */
  readonly allowedKinds?: readonly AllowedKind[];
  /**
   * Whether the release's delete hooks may run with our own rights: true where the chart is known to have some. Default
   * false: then they run only under `impersonate`, because a forged record can hold any hook.
   */
  readonly mayRunDeleteHooks?: boolean;
}

/** Takes releases away that are proved first. */
export interface CheckedUninstaller extends ReleaseUninstaller {
  /**
   * Proves, then uninstalls; proof and uninstall share `timeoutMs`. Where the proof fails nothing was deleted.
   * @throws UninstallError for what is not proved; HelmError, `HELM_RELEASE_NOT_FOUND` where there is no record; ApiError
   */
  uninstall(request: CheckedUninstallRequest): Promise<void>;
}

/** What the proof reads with, and what uninstalls afterwards. */
export interface CheckedUninstallerDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly driver: ReleaseUninstaller;
  readonly clock?: Clock;
}

/** Puts the proof in front of a driver. */
export function checkedUninstaller(deps: CheckedUninstallerDeps): CheckedUninstaller {
  const { driver, clock = systemClock } = deps;
  return {
    driver: driver.driver,
    uninstall: async (request) => {
      const startedMs = clock.monotonic();
      await withinTime(request, (signal) => prove(deps, request, signal));
      const timeoutMs = Math.max(1, request.timeoutMs - (clock.monotonic() - startedMs));
      await driver.uninstall({ ...request, timeoutMs });
    },
  };
}

async function prove(
  { client, discovery }: CheckedUninstallerDeps,
  request: CheckedUninstallRequest,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, impersonate, allowedKinds = [], mayRunDeleteHooks = false } = request;
  const reading = impersonate === undefined ? client : client.impersonating(impersonate);
  const { listing, reader } = await readRecords(reading, request, { signal });
  if (listing.releases.length + listing.rejected.length === 0) {
    throw new HelmError('HELM_RELEASE_NOT_FOUND', `cannot uninstall ${namespace}/${name}: there is no such release`);
  }
  const mayRunHooks = mayRunDeleteHooks || impersonate !== undefined;
  await proveRelease({ client: reading, discovery }, { namespace, name, reader, allowedKinds, mayRunHooks, signal });
}

/** The longest delay of a timer: a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/** Ends `look` when the time of the attempt is up. */
async function withinTime<T>(
  { namespace, name, timeoutMs, signal }: UninstallRequest,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeUp = AbortSignal.timeout(Math.min(timeoutMs, maxTimerMs));
  try {
    return await look(signal === undefined ? timeUp : AbortSignal.any([signal, timeUp]));
  } catch (error) {
    if (!timeUp.aborted || signal?.aborted === true) throw error;
    const message = `cannot uninstall ${namespace}/${name}: its objects were not read within ${timeoutMs / 1000} s`;
    throw new UninstallError('UNINSTALL_TIMEOUT', message, { cause: error, remedy: 'Give it more time (timeout).' });
  }
}

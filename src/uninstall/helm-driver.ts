// Uninstalling with the helm binary: everything that helm does is done as helm does it, hooks included.
import type { Helm } from '../helm/process.ts';
import { helmUninstall } from '../helm/uninstall.ts';
import type { ReleaseUninstaller } from './uninstaller.ts';

/** Options of {@link helmDriver}. */
export interface HelmDriverOptions {
  /** After a request's time helm has so much more to say itself what is late. Default 0: the time is all there is. */
  readonly graceMs?: number;
}

/** How many helm processes run at once is bounded by `helm` itself. */
export function helmDriver(helm: Helm, { graceMs = 0 }: HelmDriverOptions = {}): ReleaseUninstaller {
  return {
    driver: 'helm',
    uninstall: async (request) => {
      await helmUninstall(helm, { ...request, graceMs, shouldWait: request.cascade === 'foreground' });
      return undefined;
    },
  };
}

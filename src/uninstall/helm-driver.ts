// Uninstalling with the helm binary: everything that helm does is done as helm does it, hooks included.
import type { Helm } from '../helm/process.ts';
import { helmUninstall } from '../helm/uninstall.ts';
import type { ReleaseUninstaller } from './uninstaller.ts';

/** How many helm processes run at once is bounded by `helm` itself. */
export function helmDriver(helm: Helm): ReleaseUninstaller {
  return {
    driver: 'helm',
    uninstall: async (request) => {
      await helmUninstall(helm, request);
    },
  };
}

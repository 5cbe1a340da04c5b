// What uninstalls in a purge: two drivers behind one bound on requests in flight, which holds for the purge's own reads too.
import type { Helm } from '../helm/process.ts';
import type { KubeClient } from '../kube/client.ts';
import { chosenDriver, type DriverMode } from '../uninstall/choose-driver.ts';
import { helmDriver } from '../uninstall/helm-driver.ts';
import { nativeDriver } from '../uninstall/native-driver.ts';
import type { ProvenUninstaller } from '../uninstall/proven-uninstaller.ts';
import { requestLimit } from '../uninstall/request-limit.ts';

/** What a purge acts with. */
export interface PurgeDriver {
  readonly uninstaller: ProvenUninstaller;
  /** For all else that the purge asks. */
  readonly client: KubeClient;
}

/** `client` and `helm` act by the same fence. */
export function purgeDriver(
  mode: DriverMode,
  { client, helm }: { readonly client: KubeClient; readonly helm: Helm },
): PurgeDriver {
  const limit = requestLimit();
  const native = nativeDriver(client, { limit, fieldManager: 'bookstore-operator-purge' });
  return { uninstaller: chosenDriver(mode, { native, helm: helmDriver(helm) }), client: client.through(limit) };
}

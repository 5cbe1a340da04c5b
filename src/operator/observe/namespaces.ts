// Which namespaces are being deleted, as far as we may know: whoever is confined to some namespaces by Roles may not watch them.
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { CoreResources } from '../../kube/resource.ts';
import type { Following, WatchHub } from '../../kube/watch-hub.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** The namespaces, watched by their metadata. */
export class Namespaces {
  readonly #following: Following<KubeObject>;
  /** Resolves when they are known, or may not be. */
  readonly settled: Promise<void>;

  constructor(hub: WatchHub, log: Pick<Logger, 'warn'>) {
    const forbidden = Promise.withResolvers<void>();
    let isSaid = false;
    const onError = (error: unknown): void => {
      if (!isApiError(error, 'API_FORBIDDEN')) return;
      forbidden.resolve();
      if (isSaid) return;
      isSaid = true;
      log.warn('namespaces cannot be watched, so one that is being deleted is noticed late', {
        missing: 'the verbs list and watch on namespaces, in a ClusterRole',
      });
    };
    const target = { resource: CoreResources.namespaces, isMetadataOnly: true };
    this.#following = hub.follow<KubeObject>(target, { onChange: () => undefined, onError });
    this.settled = Promise.race([this.#following.synced, forbidden.promise]);
  }

  /** False too where nothing is known: what is then tried in it, the API server refuses. */
  isTerminating(name: string): boolean {
    return this.#following.store.get(name)?.metadata.deletionTimestamp !== undefined;
  }
}

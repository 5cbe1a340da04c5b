// The one place that writes a resource's status: once a pass, and only when it says something new.
import { apiVersionOf } from '../../api/v1alpha1/group-version.ts';
import type { WatchedStatus } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { ObjectStore } from '../../kube/object-store.ts';
import type { Resource } from '../../kube/resource.ts';
import { fieldManager } from '../act/field-manager.ts';
import type { ObservedResource } from '../observe/observation.ts';
import { isSameStatus } from './status.ts';

/** Writes the status of resources of one type. */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #type: Resource;
  readonly #store: ObjectStore<ObservedResource>;

  constructor(client: KubeClient, options: { readonly type: Resource; readonly store: ObjectStore<ObservedResource> }) {
    this.#client = client;
    this.#type = options.type;
    this.#store = options.store;
  }

  /**
   * Server-side apply of the whole status, of exactly this object (its uid is sent along). What was written is remembered
   * in the store before the watch brings it. A resource that is gone or was replaced needs no status.
   */
  async write(resource: ObservedResource, status: WatchedStatus, signal?: AbortSignal): Promise<ObservedResource> {
    if (isSameStatus(resource.status, status)) return resource;
    const { name, namespace, uid } = resource.metadata;
    try {
      const written = await this.#client.apply<ObservedResource>(
        this.#type,
        {
          apiVersion: apiVersionOf(this.#type),
          kind: this.#type.kind,
          metadata: { name, namespace, uid },
          status,
        },
        { namespace, fieldManager, subresource: 'status', signal },
      );
      this.#store.remember(written);
      return written;
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND', 'API_CONFLICT')) return resource;
      throw error;
    }
  }
}

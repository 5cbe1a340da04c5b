// The one place that writes a resource's status: once a pass, and only when it says something new.
import { apiVersionOf } from '../../api/v1alpha1/group-version.ts';
import type { WatchedStatus } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { ObjectStore } from '../../kube/object-store.ts';
import type { Resource } from '../../kube/resource.ts';
import { fieldManager } from '../act/field-manager.ts';
import type { ObservedResource } from '../observe/observation.ts';
import { isSdkStatus } from '../takeover/sdk-traces.ts';
import { withReadStatus } from './read-status.ts';
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
   * in the store before the watch brings it. A resource that is gone or was replaced needs no status. operator-sdk's goes
   * first: its fields are another manager's, so that an apply would leave them, the whole manifest among them.
   */
  async write(resource: ObservedResource, status: WatchedStatus, signal?: AbortSignal): Promise<ObservedResource> {
    if (isSameStatus(resource.status, status)) return resource;
    const { name, namespace, uid } = resource.metadata;
    try {
      if (isSdkStatus(resource.status)) await this.#clear(resource, signal);
      const written = withReadStatus(
        await this.#client.apply<ObservedResource>(
          this.#type,
          {
            apiVersion: apiVersionOf(this.#type),
            kind: this.#type.kind,
            metadata: { name, namespace, uid },
            status,
          },
          { namespace, fieldManager, subresource: 'status', signal },
        ),
      );
      this.#store.remember(written);
      return written;
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND', 'API_CONFLICT')) return resource;
      throw error;
    }
  }

  /** Of exactly this version: what came since is looked at by another pass. @throws ApiError `API_CONFLICT` */
  async #clear({ metadata }: ObservedResource, signal: AbortSignal | undefined): Promise<void> {
    const { name, namespace, resourceVersion } = metadata;
    const patch = { metadata: { resourceVersion }, status: { conditions: null, deployedRelease: null } };
    await this.#client.merge(this.#type, patch, { namespace, name, fieldManager, subresource: 'status', signal });
  }
}

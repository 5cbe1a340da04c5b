// Adding and removing our finalizer: first of all acts, and last of all (DESIGN.md O1, O10).
import { SDK_FINALIZERS, UNINSTALL_FINALIZER } from '../../api/v1alpha1/finalizer.ts';
import type { KubeClient } from '../../kube/client.ts';
import { ApiError } from '../../kube/errors.ts';
import type { Resource } from '../../kube/resource.ts';
import { retryOnConflict } from '../../kube/retry-on-conflict.ts';
import type { ObservedResource } from '../observe/observation.ts';
import { withReadStatus } from '../status/read-status.ts';
import { fieldManager } from './field-manager.ts';

/** What a change of finalizers needs. */
export interface FinalizerContext {
  readonly client: KubeClient;
  readonly type: Resource;
  /** Whether operator-sdk's finalizer goes with the change: nothing is left for it to do. Default false. */
  readonly isSdkDone?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Adds ours. @throws ApiError `API_NOT_FOUND` where the resource is gone, or another has its name */
export function addFinalizer(resource: ObservedResource, context: FinalizerContext): Promise<ObservedResource> {
  return changeFinalizers(resource, context, (held) => [...held, UNINSTALL_FINALIZER]);
}

/** Removes ours and leaves those of others. @throws ApiError as above */
export function removeFinalizer(resource: ObservedResource, context: FinalizerContext): Promise<ObservedResource> {
  return changeFinalizers(resource, context, (held) => held);
}

/**
 * `change` gets what is left without ours. A list cannot be patched in part: the resourceVersion makes sure that nobody
 * else's finalizer is lost. Safe to make again on what somebody else has written meanwhile, as long as it is the same
 * object.
 */
function changeFinalizers(
  resource: ObservedResource,
  context: FinalizerContext,
  change: (held: readonly string[]) => readonly string[],
): Promise<ObservedResource> {
  const { client, type, isSdkDone = false, signal } = context;
  const going = [UNINSTALL_FINALIZER, ...(isSdkDone ? SDK_FINALIZERS : [])];
  const { namespace, name, uid } = resource.metadata;
  return retryOnConflict(
    async (attempt) => {
      const latest = attempt === 0 ? resource : await client.get<ObservedResource>(type, { namespace, name, signal });
      if (latest.metadata.uid !== uid)
        throw new ApiError('API_NOT_FOUND', `${type.kind} ${name} was replaced by another`);
      const { resourceVersion, finalizers = [] } = latest.metadata;
      const left = finalizers.filter((each) => !going.includes(each));
      const patch = { metadata: { resourceVersion, finalizers: change(left) } };
      return withReadStatus(
        await client.merge<ObservedResource>(type, patch, { namespace, name, fieldManager, signal }),
      );
    },
    { signal },
  );
}

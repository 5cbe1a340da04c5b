// Adding and removing our finalizer: first of all acts, and last of all (DESIGN.md O1, O10).
import { UNINSTALL_FINALIZER } from '../../api/v1alpha1/finalizer.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Resource } from '../../kube/resource.ts';
import { fieldManager } from '../field-manager.ts';
import type { ObservedResource } from '../observation.ts';

/** What a change of finalizers needs. */
export interface FinalizerContext {
  readonly client: KubeClient;
  readonly type: Resource;
  readonly signal?: AbortSignal | undefined;
}

/** Adds ours. @throws ApiError `API_CONFLICT` where the resource changed meanwhile: look again */
export function addFinalizer(resource: ObservedResource, context: FinalizerContext): Promise<ObservedResource> {
  return writeFinalizers(resource, [...(resource.metadata.finalizers ?? []), UNINSTALL_FINALIZER], context);
}

/** Removes ours and leaves those of others. @throws ApiError as above */
export function removeFinalizer(resource: ObservedResource, context: FinalizerContext): Promise<ObservedResource> {
  const others = (resource.metadata.finalizers ?? []).filter((each) => each !== UNINSTALL_FINALIZER);
  return writeFinalizers(resource, others, context);
}

/** A list cannot be patched in part: the resourceVersion makes sure that nobody else's finalizer is lost. */
function writeFinalizers(
  resource: ObservedResource,
  finalizers: readonly string[],
  context: FinalizerContext,
): Promise<ObservedResource> {
  const { namespace, name, resourceVersion } = resource.metadata;
  return context.client.merge<ObservedResource>(
    context.type,
    { metadata: { resourceVersion, finalizers } },
    { namespace, name, fieldManager, signal: context.signal },
  );
}

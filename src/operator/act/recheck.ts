// Whether what a helm call was decided by still holds when its turn comes: with several kinds at work it may have waited.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import { objectKey } from '../../kube/objects.ts';
import type { ObservedRelease, ObservedResource } from '../observe/observation.ts';
import type { Pass, PassContext } from '../pass.ts';

/** It does not: nothing was done, and it is decided anew. */
export class OutdatedError extends Error {}

/** Asks once more for the release, and compares the resource with what the watch has brought. @throws OutdatedError, ApiError */
export function recheckOf(pass: Pass, context: PassContext): () => Promise<void> {
  return async () => {
    const { observation, signal } = pass;
    const { metadata } = observation.resource;
    const held = context.store.get(objectKey(metadata))?.metadata;
    if (held === undefined || asksFor(held) !== asksFor(metadata)) {
      throw new OutdatedError('the resource has changed while its helm call waited');
    }
    const { release } = await context.observer.refresh(observation, signal);
    if (!isSameRelease(release, observation.release)) {
      throw new OutdatedError('the release has changed while its helm call waited');
    }
  };
}

/** What forbids the call where it differs: the object itself, its spec, a deletion, or that it is to be left alone. */
function asksFor({ uid, generation, deletionTimestamp, annotations }: ObservedResource['metadata']): string {
  return JSON.stringify([uid, generation, deletionTimestamp, annotations?.[ResourceAnnotation.suspend]]);
}

/** Whether nobody has written another latest revision, or this one anew. */
export function isSameRelease(now: ObservedRelease | undefined, then: ObservedRelease | undefined): boolean {
  return now?.record.uid === then?.record.uid && now?.record.resourceVersion === then?.record.resourceVersion;
}

// An object of a release as the API server has it now, or why it cannot be had.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { ObjectSource } from '../observe/dependents.ts';
import { resourceName } from '../watch-metrics.ts';
import { hasReadiness } from './readiness.ts';
import { progressing, type Readiness, type StatusObject } from './status-object.ts';

/** As it was read: whole, or its metadata alone where its status says nothing. */
export type LiveObject = KubeObject & StatusObject;

/** How it is read. */
export interface LiveSources {
  readonly client: KubeClient;
  readonly objects: ObjectSource;
  readonly signal: AbortSignal | undefined;
}

/** The verdict on an object that should be there. */
export const missing: Readiness = progressing('it is missing');

const notServed = progressing('its kind is not served any more');

/** Reads the object of an inventory entry; where there is none to be had, gives the verdict on that. @throws ApiError */
export async function readLive(entry: InventoryEntry, sources: LiveSources): Promise<LiveObject | Readiness> {
  const { client, objects, signal } = sources;
  const resource = await objects.resourceOf(entry);
  if (resource === undefined) return notServed;
  const { namespace, name } = entry;
  try {
    return await client.get<LiveObject>(resource, { namespace, name, isMetadataOnly: !hasReadiness(entry), signal });
  } catch (error) {
    // a right that is missing for one object must not keep silent about the others
    if (isApiError(error, 'API_FORBIDDEN')) return progressing(`it may not be read (get ${resourceName(resource)})`);
    if (!isApiError(error, 'API_NOT_FOUND')) throw error;
    // of an object that is missing the server says so, with a reason; of a path that it does not know it has none to give
    return error.reason === undefined ? notServed : missing;
  }
}

/** Whether there is an object. */
export function isLive(answer: LiveObject | Readiness): answer is LiveObject {
  return 'metadata' in answer;
}

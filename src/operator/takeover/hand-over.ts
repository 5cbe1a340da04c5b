// One object of a release goes from operator-sdk's helm-operator to our helm: its fields, so that a field that a later chart
// leaves out really goes; and its owner reference, or the garbage collector would delete with the resource what a later chart
// says is to be kept.
import { SdkObjectAnnotation } from '../../api/v1alpha1/annotations.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import type { Resource } from '../../kube/resource.ts';
import { retryOnConflict } from '../../kube/retry-on-conflict.ts';
import { fieldManager } from '../act/field-manager.ts';
import { giveToApply, updatersOf } from './managed-fields.ts';
import type { SdkOwner } from './sdk-traces.ts';

/** helm's name in managedFields. */
const helmManager = 'helm';

/** The program's name, unless a project has built one of its own: that one is known by the marks that it wrote. */
const sdkManager = 'helm-operator';

/** An object, and what hands it over. */
export interface HandOverRequest {
  readonly resource: Resource;
  /** As it was read. */
  readonly meta: ObjectMeta;
  readonly owner: SdkOwner;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hands it over, in one write that is conditional on the version; an object that is handed over already is left alone.
 * Gives back the metadata as it is now; undefined where the object is gone. @throws ApiError
 */
export function handOver(
  client: KubeClient,
  { resource, meta, owner, signal }: HandOverRequest,
): Promise<ObjectMeta | undefined> {
  const { name, namespace, uid } = meta;
  return retryOnConflict(
    async (attempt) => {
      const where = { name, namespace, signal };
      const latest = attempt === 0 ? meta : (await client.find(resource, { ...where, isMetadataOnly: true }))?.metadata;
      if (latest?.uid !== uid) return undefined;
      const change = handOverChange(latest, owner);
      if (change === undefined) return latest;
      const patch = { metadata: { resourceVersion: latest.resourceVersion, ...change } };
      return (await client.merge(resource, patch, { ...where, fieldManager })).metadata;
    },
    { signal },
  );
}

/** What changes in the metadata, as a merge patch; undefined where nothing is helm-operator's. Pure. */
export function handOverChange(meta: ObjectMeta, owner: SdkOwner): Readonly<Record<string, unknown>> | undefined {
  const { managedFields = [], ownerReferences = [], annotations = {} } = meta;
  const { primaryResource, primaryResourceType } = SdkObjectAnnotation;
  const managers = new Set([
    sdkManager,
    ...updatersOf(managedFields, ['f:metadata', 'f:ownerReferences', `k:${JSON.stringify({ uid: owner.uid })}`]),
    ...updatersOf(managedFields, ['f:metadata', 'f:annotations', `f:${primaryResource}`]),
  ]);
  const given = giveToApply(managedFields, { managers, manager: helmManager });
  const others = ownerReferences.filter(({ uid }) => uid !== owner.uid);
  const marks = [primaryResource, primaryResourceType].filter((name) => annotations[name] !== undefined);
  const change = {
    ...(given === managedFields ? {} : { managedFields: given }),
    ...(others.length === ownerReferences.length ? {} : { ownerReferences: others.length === 0 ? null : others }),
    ...(marks.length === 0 ? {} : { annotations: Object.fromEntries(marks.map((name) => [name, null])) }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

// What operator-sdk's helm-operator leaves behind: on the resource (finalizer, status), and on the objects of its release
// (owner reference, annotations). Pure.
import { SdkObjectAnnotation } from '../../api/v1alpha1/annotations.ts';
import { SDK_FINALIZERS } from '../../api/v1alpha1/finalizer.ts';
import { ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import type { SdkStatus } from '../../api/v1alpha1/sdk-status.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import type { ObservedResource } from '../observe/observation.ts';

/** The resource that a release belongs to, as the marks on its objects name it. */
export interface SdkOwner {
  readonly uid: string;
  readonly name: string;
  /** Absent for a cluster-scoped kind. */
  readonly namespace?: string;
  readonly group: string;
  readonly kind: string;
}

/** The resource as the marks of its objects name it. */
export function sdkOwnerOf(
  { metadata }: ObservedResource,
  kind: { readonly group: string; readonly kind: string },
): SdkOwner {
  const { uid, name, namespace } = metadata;
  return { uid, name, ...(namespace === undefined ? {} : { namespace }), group: kind.group, kind: kind.kind };
}

/** How an object is marked: by the resource's uid, by its name alone, or not at all. */
export type SdkMark = 'reference' | 'annotation' | 'none';

/** Conditions that only helm-operator has; it sets the first before anything else. */
const sdkConditions: readonly (string | undefined)[] = ['Initialized', 'ReleaseFailed', 'Irreconcilable'];

/** Whether a status is helm-operator's. It writes the whole of it, so that none of ours can be in it. */
export function isSdkStatus(status: unknown): status is SdkStatus {
  if (typeof status !== 'object' || status === null) return false;
  const { conditions, deployedRelease } = status as SdkStatus;
  if (deployedRelease !== undefined && deployedRelease !== null) return true;
  return Array.isArray(conditions) && conditions.some((each: { type?: string }) => sdkConditions.includes(each?.type));
}

/** The resource with helm-operator's status set apart: it says nothing in our words. */
export function withOwnStatus(resource: ObservedResource): ObservedResource {
  const { status, ...rest } = resource;
  return isSdkStatus(status) ? { ...rest, sdkStatus: status } : resource;
}

/** Whether operator-sdk's finalizer is on the resource. */
export function holdsSdkFinalizer({ metadata }: ObservedResource): boolean {
  return metadata.finalizers?.some((each) => SDK_FINALIZERS.includes(each)) === true;
}

/** Whether helm-operator has had a release for the resource: then, and only then, it is worth looking whose it is. */
export function hasSdkTraces(resource: ObservedResource): boolean {
  return holdsSdkFinalizer(resource) || resource.sdkStatus !== undefined;
}

/** How an object is marked for this very resource. */
export function sdkMarkOf(object: Pick<ObjectMeta, 'annotations' | 'ownerReferences'>, owner: SdkOwner): SdkMark {
  if (object.ownerReferences?.some(({ uid }) => uid === owner.uid) === true) return 'reference';
  const { primaryResource, primaryResourceType } = SdkObjectAnnotation;
  const isNamed =
    object.annotations?.[primaryResource] === `${owner.namespace ?? ''}/${owner.name}` &&
    object.annotations[primaryResourceType] === ownerLabelValue(owner);
  return isNamed ? 'annotation' : 'none';
}

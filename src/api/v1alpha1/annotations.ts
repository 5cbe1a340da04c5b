// Annotations that people set on watched resources, namespaces and releases, and what each asks for (DESIGN.md §2).

/** On a watched resource. */
export const ResourceAnnotation = {
  /** `"true"`: leave the release as it is until the annotation goes. A deletion waits too, also where it cannot be read. */
  suspend: 'helm.velotio.com/suspend',
  /** Any new text: decide again now. Echoed in `status.lastHandledReconcileAt`. */
  reconcileRequestedAt: 'helm.velotio.com/reconcile-requested-at',
  /** Any new text: try again although the resource is Stalled, and upgrade even if nothing changed. */
  forceRequestedAt: 'helm.velotio.com/force-requested-at',
  /** `enabled`, `warn` or `disabled`: beats the watch entry's `driftDetection.mode`. */
  drift: 'helm.velotio.com/drift',
  /** Go duration: beats the watch entry's `timeout`. */
  timeout: 'helm.velotio.com/timeout',
  /** `Secret/name/key[,ConfigMap/name/key…]`: obeyed only where the watch entry has `allowValuesFromAnnotation`. */
  valuesFrom: 'helm.velotio.com/values-from',
} as const;

/** operator-sdk's annotations on a watched resource, understood so that a helm-operator project can move. */
export const SdkAnnotation = {
  /** `"true"`: upgrade with `--force-replace --server-side=false`. */
  upgradeForce: 'helm.sdk.operatorframework.io/upgrade-force',
  /** `"true"`: the same for a rollback. */
  rollbackForce: 'helm.sdk.operatorframework.io/rollback-force',
  /** `"true"`: the finalizer stays until the release's objects are gone. */
  uninstallWait: 'helm.sdk.operatorframework.io/uninstall-wait',
  /** Go duration: beats the watch entry's `reconcilePeriod`. */
  reconcilePeriod: 'helm.sdk.operatorframework.io/reconcile-period',
} as const;

/** operator-sdk's annotations on an object of a release that cannot have an owner reference, or is to be kept. */
export const SdkObjectAnnotation = {
  /** `NAMESPACE/NAME` of the resource. */
  primaryResource: 'operator-sdk/primary-resource',
  /** `Kind.group` of the resource. */
  primaryResourceType: 'operator-sdk/primary-resource-type',
} as const;

/** Prefix of all that {@link PurgeAnnotation} holds. */
export const PURGE_PREFIX = 'purge.velotio.com/';

/** On a namespace, on a release's owner, or on a stored record of the release. */
export const PurgeAnnotation = {
  /** `"true"`: never purged. What cannot be parsed means keep. */
  keep: 'purge.velotio.com/keep',
  /** RFC 3339: not purged before then; at most 14 days from when the annotation was set. */
  keepUntil: 'purge.velotio.com/keep-until',
  /** Ours alone: the resource sleeps (P11). */
  asleep: 'purge.velotio.com/asleep',
} as const;

/** Prefix of the namespace's annotation that keeps one release: `keep.purge.velotio.com/<release>`. */
export const KEEP_RELEASE_PREFIX = 'keep.purge.velotio.com/';

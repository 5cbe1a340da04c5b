// The conditions of a watched resource and every reason that one of them may carry, in a sentence each.

/** `True`, `False`, or not known yet. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** A condition as Kubernetes defines it (metav1.Condition). */
export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  /** `metadata.generation` that was looked at. */
  readonly observedGeneration?: number;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  readonly reason: ConditionReason;
  /** For people; bounded, never with a value of the chart in it. */
  readonly message: string;
}

/** The types, by kstatus rules: `Reconciling` and `Stalled` are there only while they are true. */
export const ConditionType = {
  /** The summary: the release is deployed as the resource asks and its workloads are ready. */
  ready: 'Ready',
  /** The last helm call for this resource succeeded and its revision is in the cluster. */
  deployed: 'Deployed',
  /** The operator is working towards the resource, or waiting for the cluster to get there. */
  reconciling: 'Reconciling',
  /** Nothing will happen until spec, chart or an annotation changes. */
  stalled: 'Stalled',
  /** The cluster differs from the deployed manifest. */
  drifted: 'Drifted',
} as const;

/** One of {@link ConditionType}. */
export type ConditionType = (typeof ConditionType)[keyof typeof ConditionType];

/** The reasons. `kubectl get` shows the reason of `Ready` as STATUS, so each reads well alone. */
export const ConditionReason = {
  /** The release is deployed and every workload in it is ready. */
  workloadsReady: 'WorkloadsReady',
  /** The release is deployed; at least one workload is still on its way. */
  workloadsProgressing: 'WorkloadsProgressing',
  /** The release is deployed; a workload has failed by its own account, and has until `readyTimeout` to get well. */
  workloadsFailed: 'WorkloadsFailed',
  /** A workload did not become ready within `readyTimeout`. */
  readyTimeout: 'ReadyTimeout',
  /** The first revision is being installed. */
  installing: 'Installing',
  /** A new revision is being made because values or chart changed. */
  upgrading: 'Upgrading',
  /** operator-sdk's release becomes ours; it is upgraded next. */
  takingOver: 'TakingOver',
  /** A helm that died left the release locked; it is being freed. */
  unlocking: 'Unlocking',
  /** The release is going back to an earlier revision. */
  rollingBack: 'RollingBack',
  /** The release is being uninstalled because the resource is being deleted. */
  uninstalling: 'Uninstalling',
  /** A helm call failed and will be tried again. */
  retrying: 'Retrying',
  /** The first revision was installed. */
  installSucceeded: 'InstallSucceeded',
  /** A new revision was deployed. */
  upgradeSucceeded: 'UpgradeSucceeded',
  /** An earlier revision was deployed again. */
  rollbackSucceeded: 'RollbackSucceeded',
  /** Helm could not install the chart; the message is helm's. */
  installFailed: 'InstallFailed',
  /** Helm could not upgrade the release; the message is helm's. */
  upgradeFailed: 'UpgradeFailed',
  /** Helm could not go back to the earlier revision; the message is helm's. */
  rollbackFailed: 'RollbackFailed',
  /** The release is gone; finalizers of others still hold the resource. */
  uninstalled: 'Uninstalled',
  /** The release is uninstalled; objects of it are still going. */
  waitingForObjects: 'WaitingForObjects',
  /** The release could not be uninstalled; the finalizer stays and it is tried again. */
  uninstallFailed: 'UninstallFailed',
  /** No tries are left. */
  retriesExhausted: 'RetriesExhausted',
  /** The chart rejects the values: wrong type, unknown field, or a template that does not render with them. */
  invalidValues: 'InvalidValues',
  /** A Secret or ConfigMap that values come from is missing, unreadable, or not a YAML document. */
  valuesSourceFailed: 'ValuesSourceFailed',
  /** An annotation on the resource cannot be parsed. */
  invalidAnnotation: 'InvalidAnnotation',
  /** The chart cannot be loaded or is not installable. */
  invalidChart: 'InvalidChart',
  /** The API server forbids something that the release needs. */
  forbidden: 'Forbidden',
  /** A release of that name exists and is not ours: it is neither upgraded nor uninstalled (O6). */
  foreignRelease: 'ForeignRelease',
  /** Somebody else ran helm on the release since our last revision. */
  changedOutside: 'ChangedOutside',
  /** Another helm operation holds the release (`pending-*`, `uninstalling`). */
  releaseLocked: 'ReleaseLocked',
  /** The namespace is being deleted, so nothing can be created in it. */
  namespaceTerminating: 'NamespaceTerminating',
  /** The resource is annotated with `helm.velotio.com/suspend`. */
  suspended: 'Suspended',
  /** The purge put the release to sleep; it comes back at the policy's `wakeSchedule`. */
  asleep: 'Asleep',
  /** Objects of the release differ from the deployed manifest. */
  driftDetected: 'DriftDetected',
  /** Objects that differed were put back. */
  driftRepaired: 'DriftRepaired',
  /** Every object of the release is as it was deployed. */
  noDrift: 'NoDrift',
} as const;

/** One of {@link ConditionReason}. */
export type ConditionReason = (typeof ConditionReason)[keyof typeof ConditionReason];

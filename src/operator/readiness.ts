// Whether an object does what it is there for, by kstatus' rules (sigs.k8s.io/cli-utils/pkg/kstatus). Pure.

/** An object as far as readiness reads it. */
export interface StatusObject {
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** The verdict on one object. */
export interface Readiness {
  /** `failed` will not become ready by waiting. */
  readonly state: 'ready' | 'progressing' | 'failed';
  /** Why not, for people; empty when ready. */
  readonly message: string;
}

interface WireCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

const ready: Readiness = { state: 'ready', message: '' };
const progressing = (message: string): Readiness => ({ state: 'progressing', message });
const failed = (message: string): Readiness => ({ state: 'failed', message });

/** Kinds (`Kind.group`) whose status says something; all others are ready once they exist. */
const rules: Readonly<Record<string, (object: StatusObject) => Readiness>> = {
  'Deployment.apps': deployment,
  'StatefulSet.apps': statefulSet,
  'DaemonSet.apps': daemonSet,
  'Job.batch': job,
  PersistentVolumeClaim: claim,
  Pod: pod,
};

/** Core and built-in groups: without a rule of their own there is nothing to wait for. */
const builtInGroup = /^$|^(apps|batch|autoscaling|policy)$|\.k8s\.io$/;

/** Whether the kind's status has to be read at all. A Service does not hold Ready back, nor does an Ingress. */
export function hasReadiness(kind: { readonly group: string; readonly kind: string }): boolean {
  return rules[ruleKey(kind)] !== undefined || !builtInGroup.test(kind.group);
}

/** The verdict on an object of a kind. Custom resources are judged by their `Ready`, `Stalled`, `Reconciling` conditions. */
export function readinessOf(kind: { readonly group: string; readonly kind: string }, object: StatusObject): Readiness {
  if (isStale(object)) return progressing('its latest spec has not been observed yet');
  const rule = rules[ruleKey(kind)];
  if (rule !== undefined) return rule(object);
  return builtInGroup.test(kind.group) ? ready : byConditions(object);
}

function ruleKey(kind: { readonly group: string; readonly kind: string }): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}

function isStale(object: StatusObject): boolean {
  const observed = object.status?.observedGeneration;
  const { generation } = object.metadata;
  return typeof observed === 'number' && generation !== undefined && observed < generation;
}

function deployment(object: StatusObject): Readiness {
  const wanted = count(object.spec?.replicas, 1);
  const status = object.status ?? {};
  const progress = condition(object, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded')
    return failed(progress.message ?? 'its progress deadline passed');
  const updated = count(status.updatedReplicas, 0);
  const available = count(status.availableReplicas, 0);
  const total = count(status.replicas, 0);
  if (status.observedGeneration === undefined) return progressing('its controller has not seen it yet');
  if (updated < wanted) return progressing(`${updated} of ${wanted} pods are up to date`);
  if (total > updated) return progressing(`${total - updated} old pods are still there`);
  if (available < wanted) return progressing(`${available} of ${wanted} pods are available`);
  return ready;
}

function statefulSet(object: StatusObject): Readiness {
  const wanted = count(object.spec?.replicas, 1);
  const status = object.status ?? {};
  const readyReplicas = count(status.readyReplicas, 0);
  const updated = count(status.updatedReplicas, 0);
  if (readyReplicas < wanted) return progressing(`${readyReplicas} of ${wanted} pods are ready`);
  const strategy = (object.spec?.updateStrategy ?? {}) as { type?: unknown; rollingUpdate?: { partition?: unknown } };
  if (strategy.type === 'OnDelete') return ready;
  const partition = count(strategy.rollingUpdate?.partition, 0);
  if (updated < wanted - partition) return progressing(`${updated} of ${wanted - partition} pods are up to date`);
  return ready;
}

function daemonSet(object: StatusObject): Readiness {
  const status = object.status ?? {};
  const wanted = count(status.desiredNumberScheduled, -1);
  if (wanted === -1) return progressing('its controller has not seen it yet');
  const updated = count(status.updatedNumberScheduled, 0);
  const available = count(status.numberAvailable, 0);
  if (updated < wanted) return progressing(`${updated} of ${wanted} pods are up to date`);
  if (available < wanted) return progressing(`${available} of ${wanted} pods are available`);
  return ready;
}

function job(object: StatusObject): Readiness {
  const failure = condition(object, 'Failed');
  if (failure?.status === 'True') return failed(failure.message ?? failure.reason ?? 'it failed');
  if (condition(object, 'Complete')?.status === 'True') return ready;
  return object.status?.startTime === undefined ? progressing('it has not started') : progressing('it is running');
}

function claim(object: StatusObject): Readiness {
  return object.status?.phase === 'Bound' ? ready : progressing(`it is ${phaseOf(object)}`);
}

function pod(object: StatusObject): Readiness {
  const phase = phaseOf(object);
  if (phase === 'Succeeded') return ready;
  if (phase === 'Failed') return failed('it failed');
  return condition(object, 'Ready')?.status === 'True' ? ready : progressing(`it is ${phase}`);
}

function byConditions(object: StatusObject): Readiness {
  const stalled = condition(object, 'Stalled');
  if (stalled?.status === 'True') return failed(stalled.message ?? stalled.reason ?? 'it is stalled');
  const reconciling = condition(object, 'Reconciling');
  if (reconciling?.status === 'True') return progressing(reconciling.message ?? 'it is reconciling');
  const isReady = condition(object, 'Ready');
  if (isReady !== undefined && isReady.status !== 'True') return progressing(isReady.message ?? 'it is not ready');
  return ready;
}

function condition(object: StatusObject, type: string): WireCondition | undefined {
  const conditions = object.status?.conditions;
  return Array.isArray(conditions) ? (conditions as WireCondition[]).find((each) => each.type === type) : undefined;
}

function phaseOf(object: StatusObject): string {
  const phase = object.status?.phase;
  return typeof phase === 'string' ? phase : 'Pending';
}

function count(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : absent;
}

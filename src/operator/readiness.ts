// Whether an object does what it is there for, by kstatus' rules (sigs.k8s.io/cli-utils/pkg/kstatus/status). Pure.
//
// Where we part from kstatus, the rule says why. The general reason: kstatus answers "is it applied", and a wait for it
// ends; our answer stands for as long as the release does, and is True only while the release works.
import { troubleOfPod } from './pod-trouble.ts';
import {
  condition,
  failed,
  isTrue,
  progressing,
  type Readiness,
  ready,
  type StatusObject,
  text,
} from './status-object.ts';
import { workloadRules } from './workload-rules.ts';

/** Group and kind. */
interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Kinds (`Kind.group`) whose status says something; all other built-in ones are ready once they exist. */
const rules: Readonly<Record<string, (object: StatusObject) => Readiness>> = {
  ...workloadRules,
  PersistentVolumeClaim: claim,
  Pod: pod,
  'CustomResourceDefinition.apiextensions.k8s.io': definition,
  'APIService.apiregistration.k8s.io': apiService,
};

/**
 * The groups that the API server serves by itself. Of their kinds without a rule there is nothing to wait for:
 *
 * - A Service or an Ingress without an address does not hold Ready back (Helm waits for a LoadBalancer's): a cluster
 *   without a provider of addresses would never be ready. kstatus wants a ClusterIP, which a Service has from the start.
 * - A PodDisruptionBudget, for kstatus, has to be observed by its controller. It changes with every pod of a roll-out, and
 *   nothing that runs depends on it: not worth a request each time.
 * - A HorizontalPodAutoscaler writes its status every 15 s, and says that it is not active where its target is scaled to
 *   nothing, or the cluster has no metrics. Its target is judged instead. kstatus has no rule either.
 * - A CronJob is ready for kstatus too, suspended or not.
 */
const builtInGroup =
  /^$|^(apps|autoscaling|batch|extensions|policy)$|^(admissionregistration|apiextensions|apiregistration|authentication|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|internal\.apiserver|networking|node|rbac\.authorization|resource|scheduling|storage|storagemigration)\.k8s\.io$/;

/** Whether the kind's status has to be read at all. */
export function hasReadiness(kind: GroupKind): boolean {
  return rules[ruleKey(kind)] !== undefined || !builtInGroup.test(kind.group);
}

/** Whether the kind runs pods that can say more. */
export function runsPods(kind: GroupKind): boolean {
  return workloadRules[ruleKey(kind)] !== undefined;
}

/** The verdict on an object that is going. kstatus has a state of its own for it. */
export const goingAway: Readiness = progressing('it is being deleted');

/** The verdict on an object of a kind. */
export function readinessOf(kind: GroupKind, object: StatusObject): Readiness {
  if (object.metadata.deletionTimestamp !== undefined) return goingAway;
  if (isStale(object)) return progressing('its latest spec has not been observed yet');
  return byStandardConditions(object) ?? byKind(kind, object);
}

function byKind(kind: GroupKind, object: StatusObject): Readiness {
  const rule = rules[ruleKey(kind)];
  if (rule !== undefined) return rule(object);
  return builtInGroup.test(kind.group) ? ready : byReadyCondition(object);
}

function ruleKey(kind: GroupKind): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}

/** Also where the status is ahead: it is of another life of the object then, brought back by a restored backup. */
function isStale(object: StatusObject): boolean {
  const observed = object.status?.observedGeneration;
  const { generation } = object.metadata;
  return typeof observed === 'number' && generation !== undefined && observed !== generation;
}

/** For kstatus these overrule what the kind says. Of the two at once it takes the first in the list, we the worse. */
function byStandardConditions(object: StatusObject): Readiness | undefined {
  const stalled = condition(object, 'Stalled');
  if (stalled?.status === 'True') return failed(stalled.text || 'it is stalled');
  const reconciling = condition(object, 'Reconciling');
  if (reconciling?.status === 'True') return progressing(reconciling.text || 'it is reconciling');
  return undefined;
}

/** A custom resource without the condition is ready, as for kstatus: nobody can tell what its author meant. */
function byReadyCondition(object: StatusObject): Readiness {
  const isReady = condition(object, 'Ready');
  return isReady?.status === 'False' || isReady?.status === 'Unknown'
    ? progressing(isReady.text || 'it is not ready')
    : ready;
}

/** A claim that waits for its first consumer is judged by claim-wait.ts: the answer is in its StorageClass. */
function claim(object: StatusObject): Readiness {
  const phase = phaseOf(object);
  if (phase === 'Bound') return ready;
  return phase === 'Lost' ? failed('it is Lost: its volume is gone') : progressing(`it is ${phase}`);
}

/**
 * For kstatus a failed Pod is done, and one that crashes or cannot be scheduled (for 15 s) has failed. A Pod that failed
 * stays so, and is no good to a release; the other two may get well, and we go on looking.
 */
function pod(object: StatusObject): Readiness {
  const phase = phaseOf(object);
  if (phase === 'Succeeded' || isTrue(object, 'Ready')) return ready;
  const message = troubleOfPod(object) ?? `it is ${phase}`;
  return phase === 'Failed' ? failed(message) : progressing(message);
}

function definition(object: StatusObject): Readiness {
  const names = condition(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(names.text || 'its names are taken');
  const established = condition(object, 'Established');
  if (established?.status === 'True') return ready;
  return established?.status === 'False' && established.reason !== 'Installing'
    ? failed(established.text || 'it is not established')
    : progressing('it is not established yet');
}

/** kstatus has no rule. An API that is not served breaks its clients, and discovery for all: Argo CD waits for it too. */
function apiService(object: StatusObject): Readiness {
  const available = condition(object, 'Available');
  if (available?.status === 'True') return ready;
  return progressing(
    available === undefined ? 'its API is not available yet' : available.text || 'it is not available',
  );
}

function phaseOf(object: StatusObject): string {
  return text(object.status?.phase) || 'Pending';
}

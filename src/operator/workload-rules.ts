// When what runs pods does what it is there for, by kstatus' rules and, for Jobs, Helm's and Flux'. Pure.
import { selectorText } from '../api/v1alpha1/selector-text.ts';
import {
  condition,
  count,
  failed,
  isTrue,
  progressing,
  type Readiness,
  ready,
  record,
  type StatusObject,
} from './status-object.ts';

/** Kinds (`Kind.group`) that run pods. Each is asked only about what its controller has observed. */
export const workloadRules: Readonly<Record<string, (object: StatusObject) => Readiness>> = {
  'Deployment.apps': deployment,
  'StatefulSet.apps': statefulSet,
  'DaemonSet.apps': daemonSet,
  'ReplicaSet.apps': replicaSet,
  'Job.batch': job,
};

/** The selector of a workload's pods as a query; undefined where it would select nothing in particular. */
export function podSelectorOf(object: StatusObject): string | undefined {
  const selector = selectorText(record(object.spec?.selector));
  return selector === '' ? undefined : selector;
}

/** kstatus asks so of DaemonSets alone; without it, what nobody has looked at yet passes for done where nothing is wanted. */
const unseen = progressing('its controller has not seen it yet');

/**
 * kstatus looks at the conditions `Available` and `Progressing` besides: they follow from the same numbers, in the same
 * write, but for a paused Deployment, which kstatus never calls ready. It is judged by its pods here.
 */
function deployment(object: StatusObject): Readiness {
  const { spec = {}, status = {} } = object;
  if (status.observedGeneration === undefined) return unseen;
  const wanted = count(spec.replicas, 1);
  const shortfall =
    tooFew(status.updatedReplicas, wanted, 'up to date') ??
    tooMany(status.replicas, wanted) ??
    tooFew(status.availableReplicas, wanted, 'available');
  if (condition(object, 'Progressing')?.reason === 'ProgressDeadlineExceeded') {
    return failed(['its progress deadline passed', shortfall].filter((part) => part !== undefined).join(': '));
  }
  if (shortfall === undefined) return ready;
  return progressing(`${spec.paused === true ? 'it is paused: ' : ''}${shortfall}${refusal(object)}`);
}

/**
 * kstatus calls a StatefulSet with OnDelete ready, whatever its pods do. Here only their age is left to whoever deletes
 * them: they have to be ready all the same.
 */
function statefulSet({ spec = {}, status = {} }: StatusObject): Readiness {
  if (status.observedGeneration === undefined) return unseen;
  const wanted = count(spec.replicas, 1);
  const { type, rollingUpdate } = record(spec.updateStrategy);
  const toUpdate = type === 'OnDelete' ? 0 : wanted - count(record(rollingUpdate).partition, 0);
  return verdictOn(
    tooFew(status.readyReplicas, wanted, 'ready') ??
      tooMany(status.replicas, wanted) ??
      tooFew(status.updatedReplicas, toUpdate, 'up to date'),
  );
}

/** kstatus knows no OnDelete here, and would wait for ever for pods that nobody deletes. */
function daemonSet({ spec = {}, status = {} }: StatusObject): Readiness {
  const wanted = count(status.desiredNumberScheduled, -1);
  if (status.observedGeneration === undefined || wanted === -1) return unseen;
  const toUpdate = record(spec.updateStrategy).type === 'OnDelete' ? 0 : wanted;
  return verdictOn(
    tooFew(status.currentNumberScheduled, wanted, 'there') ??
      tooFew(status.updatedNumberScheduled, toUpdate, 'up to date') ??
      tooFew(status.numberAvailable, wanted, 'available'),
  );
}

function replicaSet(object: StatusObject): Readiness {
  const { spec = {}, status = {} } = object;
  if (status.observedGeneration === undefined) return unseen;
  const wanted = count(spec.replicas, 1);
  const shortfall = tooFew(status.availableReplicas, wanted, 'available') ?? tooMany(status.replicas, wanted);
  const refused = refusal(object);
  if (shortfall === undefined) return refused === '' ? ready : progressing(`not all pods can be made${refused}`);
  return progressing(`${shortfall}${refused}`);
}

/**
 * kstatus calls a Job ready as soon as it runs. Helm and Flux wait until it is complete, and so do we: a migration that
 * fails is what people want to know. A suspended one is waited for by Helm, but not by kstatus, nor by us.
 */
function job(object: StatusObject): Readiness {
  const { spec = {}, status = {} } = object;
  const failure = condition(object, 'Failed');
  if (failure?.status === 'True') return failed(failure.text || 'it failed');
  if (isTrue(object, 'Complete') || spec.suspend === true) return ready;
  if (status.startTime === undefined) return progressing('it has not started');
  const failures = count(status.failed, 0);
  return progressing(failures === 0 ? 'it is running' : `it is running; ${pods(failures, '', 's')} failed so far`);
}

function verdictOn(shortfall: string | undefined): Readiness {
  return shortfall === undefined ? ready : progressing(shortfall);
}

function tooFew(have: unknown, wanted: number, what: string): string | undefined {
  const number = count(have, 0);
  return number < wanted ? `${number} of ${wanted} pods are ${what}` : undefined;
}

function tooMany(have: unknown, wanted: number): string | undefined {
  const excess = count(have, 0) - wanted;
  return excess > 0 ? `${pods(excess, ' too many is', 's too many are')} still there` : undefined;
}

/** What the API server said when it was asked for a pod: a quota, a missing ServiceAccount, an admission policy. */
function refusal(object: StatusObject): string {
  const failure = condition(object, 'ReplicaFailure');
  return failure?.status === 'True' ? `; ${failure.reason}: ${failure.text}` : '';
}

function pods(number: number, one: string, many: string): string {
  return `${number} pod${number === 1 ? one : many}`;
}

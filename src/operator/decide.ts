// From an observation to the one thing to do next, with a reason (DESIGN.md O4). Pure: no I/O, no clock.
import { ResourceAnnotation } from '../api/v1alpha1/annotations.ts';
import type { ConditionReason } from '../api/v1alpha1/conditions.ts';
import { UNINSTALL_FINALIZER } from '../api/v1alpha1/finalizer.ts';
import { ownerLabelValue } from '../api/v1alpha1/labels.ts';
import { parseDigestLabel } from './desired-digest.ts';
import { forceRequestOf } from './failure.ts';
import type { Observation, ObservedRelease } from './observation.ts';

/** The situations a resource can be in. */
export type State =
  | 'NotSelected'
  | 'Suspended'
  | 'Unprotected'
  | 'Blocked'
  | 'Absent'
  | 'Locked'
  | 'Foreign'
  | 'Failed'
  | 'ChangedOutside'
  | 'OutOfDate'
  | 'InSync'
  | 'Deleting'
  | 'Gone';

/** What to do. Exactly one verb. */
export type Action = 'none' | 'addFinalizer' | 'install' | 'upgrade' | 'uninstall' | 'removeFinalizer';

/** What was decided, and why. */
export interface Decision {
  readonly state: State;
  readonly action: Action;
  /** For status, where the state has something to say there. */
  readonly reason?: ConditionReason;
  /** For people. */
  readonly message: string;
  /** Look again after this long even if nothing happens. */
  readonly requeueAfterMs?: number;
}

/** How often a release that somebody else's helm holds is looked at, in case its end was missed. */
const lockedPollMs = 10_000;

/** The decision for one resource at `nowMs`. */
export function decide(observation: Observation, nowMs: number): Decision {
  const { resource, isSelected } = observation;
  const isProtected = resource.metadata.finalizers?.includes(UNINSTALL_FINALIZER) === true;
  if (resource.metadata.deletionTimestamp !== undefined) {
    return isProtected ? deleting(observation, nowMs) : none('Gone', 'its release is gone, others hold it');
  }
  if (!isSelected) return none('NotSelected', 'the selector of the watch entry does not match it');
  if (isSuspended(observation)) {
    return { ...none('Suspended', `it is annotated ${ResourceAnnotation.suspend}`), reason: 'Suspended' };
  }
  if (!isProtected) {
    return { state: 'Unprotected', action: 'addFinalizer', message: 'it has no finalizer yet' };
  }
  return living(observation, nowMs);
}

/** Whether the release of the resource's name is this resource's (DESIGN.md O6). */
export function isOurs(observation: Observation, release: ObservedRelease): boolean {
  const { entry, resource } = observation;
  if (release.owner !== undefined) return release.owner === ownerLabelValue(entry.gvk);
  const known = resource.status?.release;
  return (
    known !== undefined &&
    known.name === resource.metadata.name &&
    known.namespace === observation.releaseNamespace &&
    known.revision === release.revision
  );
}

function deleting(observation: Observation, nowMs: number): Decision {
  const { release, failure } = observation;
  if (isSuspended(observation)) {
    const message = 'it is being deleted, but suspended: the release stays until the annotation goes';
    return { ...none('Suspended', message), reason: 'Suspended' };
  }
  if (release === undefined) {
    return { state: 'Deleting', action: 'removeFinalizer', message: 'there is no release left' };
  }
  if (!isOurs(observation, release)) {
    const message = `release ${nameOf(observation)} is not ours (${ownerText(release)}): it stays`;
    return { state: 'Foreign', action: 'removeFinalizer', reason: 'ForeignRelease', message };
  }
  if (failure?.reason === 'UninstallFailed' && failure.retryAtMs > nowMs) {
    return waitFor('Deleting', { failure, nowMs });
  }
  return { state: 'Deleting', action: 'uninstall', reason: 'Uninstalling', message: 'the resource is being deleted' };
}

function living(observation: Observation, nowMs: number): Decision {
  const { release, desired, isNamespaceTerminating } = observation;
  if (release !== undefined && !isOurs(observation, release)) {
    const message = `release ${nameOf(observation)} exists and is not ours (${ownerText(release)}): it is left alone`;
    return { ...none('Foreign', message), reason: 'ForeignRelease' };
  }
  if (isNamespaceTerminating) {
    const message = `namespace ${observation.releaseNamespace} is being deleted`;
    return { ...none('Blocked', message), reason: 'NamespaceTerminating' };
  }
  if (!desired.isKnown) {
    return { ...none('Blocked', desired.message), reason: desired.reason, requeueAfterMs: lockedPollMs };
  }
  if (release !== undefined && isLocked(release)) {
    const message = `release ${nameOf(observation)} is ${release.status}: another helm holds it`;
    return { ...none('Locked', message), reason: 'ReleaseLocked', requeueAfterMs: lockedPollMs };
  }
  const failed = stillFailing(observation, { digest: desired.digest, nowMs });
  if (failed !== undefined) return failed;
  if (release === undefined || release.status === 'uninstalled') {
    return { state: 'Absent', action: 'install', reason: 'Installing', message: 'there is no release yet' };
  }
  return compare(observation, { release, digest: desired.digest, nowMs });
}

function compare(
  observation: Observation,
  context: { readonly release: ObservedRelease; readonly digest: string; readonly nowMs: number },
): Decision {
  const { release, digest } = context;
  const label = parseDigestLabel(release.digestLabel);
  const upgrade = { action: 'upgrade', reason: 'Upgrading' } as const;
  if (release.status !== 'deployed') {
    return { state: 'Failed', ...upgrade, message: `revision ${release.revision} is ${release.status}` };
  }
  if (label === undefined || label.revision !== release.revision) {
    const message = `revision ${release.revision} was made by somebody else's helm`;
    return { state: 'ChangedOutside', ...upgrade, message };
  }
  if (label.digest !== digest) {
    return {
      state: 'OutOfDate',
      ...upgrade,
      message: `revision ${release.revision} has other values or another chart`,
    };
  }
  return inSync(observation, context.nowMs);
}

function inSync(observation: Observation, nowMs: number): Decision {
  const { workloads, entry } = observation;
  if (workloads === undefined || workloads.state === 'ready') {
    return { ...none('InSync', 'the release is deployed and its workloads are ready'), reason: 'WorkloadsReady' };
  }
  const remainingMs = unreadySinceMs(observation, nowMs) + entry.readyTimeoutMs - nowMs;
  if (remainingMs <= 0) {
    const message = `not ready within ${entry.readyTimeoutMs / 1000} s: ${workloads.message}`;
    return { ...none('InSync', message), reason: 'ReadyTimeout' };
  }
  return { ...none('InSync', workloads.message), reason: 'WorkloadsProgressing', requeueAfterMs: remainingMs };
}

/** Since when the workloads have had time to become ready: the last deployment, or the moment when they no longer were. */
function unreadySinceMs(observation: Observation, nowMs: number): number {
  const { release, conditions } = observation.resource.status ?? {};
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  const sinceMs = ready === undefined || ready.status === 'True' ? nowMs : Date.parse(ready.lastTransitionTime);
  const deployedMs = Date.parse(release?.lastDeployed ?? '');
  return Math.max(Number.isNaN(sinceMs) ? nowMs : sinceMs, Number.isNaN(deployedMs) ? 0 : deployedMs);
}

/** A failed call is repeated when its backoff is over, not whenever an event happens to come by. */
function stillFailing(
  observation: Observation,
  context: { readonly digest: string; readonly nowMs: number },
): Decision | undefined {
  const { failure, entry } = observation;
  const { digest, nowMs } = context;
  if (failure === undefined || failure.digest !== digest) return undefined;
  if (failure.forceRequest !== forceRequestOf(observation.resource)) return undefined;
  const wayOut = `It is tried again when the spec changes, or by annotating ${ResourceAnnotation.forceRequestedAt}.`;
  if (failure.isTerminal) return { ...none('Failed', `${failure.message} ${wayOut}`), reason: failure.reason };
  if (failure.count > entry.remediation.retries) {
    const failures = failure.count === 1 ? 'one failure' : `${failure.count} failures`;
    const message = `no tries left after ${failures}; the last: ${failure.message} ${wayOut}`;
    return { ...none('Failed', message), reason: 'RetriesExhausted' };
  }
  return failure.retryAtMs > nowMs ? waitFor('Failed', { failure, nowMs }) : undefined;
}

function waitFor(
  state: State,
  context: { readonly failure: NonNullable<Observation['failure']>; readonly nowMs: number },
): Decision {
  const { failure, nowMs } = context;
  const requeueAfterMs = Math.max(1, failure.retryAtMs - nowMs);
  return { state, action: 'none', reason: failure.reason, message: failure.message, requeueAfterMs };
}

function isSuspended(observation: Observation): boolean {
  return observation.resource.metadata.annotations?.[ResourceAnnotation.suspend] === 'true';
}

function isLocked(release: ObservedRelease): boolean {
  return release.status.startsWith('pending-') || release.status === 'uninstalling';
}

function none(state: State, message: string): Decision {
  return { state, action: 'none', message };
}

function nameOf(observation: Observation): string {
  return `${observation.releaseNamespace}/${observation.resource.metadata.name}`;
}

function ownerText(release: ObservedRelease): string {
  return release.owner === undefined
    ? 'it was installed by hand or by another tool'
    : `it belongs to a ${release.owner}`;
}

// From an observation to the one thing to do next, with a reason (DESIGN.md O4). Pure: no I/O, no clock.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import { UNINSTALL_FINALIZER } from '../../api/v1alpha1/finalizer.ts';
import { MAX_RELEASE_NAME_LENGTH } from '../../api/v1alpha1/watched-resource.ts';
import { nameRemedy } from '../../helm/errors.ts';
import type { FailureMemory, Observation, ObservedRelease } from '../observe/observation.ts';
import { holdsSdkFinalizer } from '../takeover/sdk-traces.ts';
import { type Decision, inState } from './decision.ts';
import { parseDigestLabel } from './desired-digest.ts';
import { exhausted, whatStays } from './exhausted.ts';
import { forceRequestOf, isAbout } from './failure.ts';
import { heldText, lastGood, lockOf } from './lock.ts';
import { isInherited, isOurs, ownerText } from './ownership.ts';
import { unreadySinceMs, wasEverDeployed, wayBack } from './past.ts';
import { reachingKinds } from './reach.ts';
import { sentences } from './sentences.ts';

/** What is deployed and what is wanted, once both are known. */
interface Situation {
  readonly observation: Observation;
  readonly digest: string;
  readonly nowMs: number;
}

/** How often what cannot go on is looked at, in case the change that it waits for was missed. */
const blockedPollMs = 10_000;
const lingeringPollMs = 2_000;
const doubtPollMs = 300_000;

/** The decision for one resource at `nowMs`. */
export function decide(observation: Observation, nowMs: number): Decision {
  const { resource, isSelected } = observation;
  const isProtected = holdsFinalizer(observation);
  if (resource.metadata.deletionTimestamp !== undefined) {
    // a finalizer cannot be added any more: operator-sdk's has to do
    const isHeld = isProtected || (isSelected && holdsSdkFinalizer(resource));
    return isHeld ? deleting(observation, nowMs) : inState('Gone', 'others hold it');
  }
  if (!isSelected) return inState('NotSelected', 'the selector of the watch entry does not match it');
  return (
    suspended(observation) ??
    (isProtected ? living(observation, nowMs) : inState('Unprotected', 'it has no finalizer yet'))
  );
}

function living(observation: Observation, nowMs: number): Decision {
  const { release, desired, settings } = observation;
  if (release !== undefined && !isOurs(observation, release)) {
    const whose = ownerText(observation, release);
    return foreign(
      observation,
      `release ${nameOf(observation)} exists and is not ours (${whose}): it is left alone. Rename the resource, or uninstall that release`,
    );
  }
  if (observation.isNamespaceTerminating) {
    const message = `namespace ${observation.releaseNamespace} is being deleted`;
    return inState('Blocked', message, { reason: 'NamespaceTerminating' });
  }
  if (isNamedTooLong(observation)) {
    const what = `the name of ${nameOf(observation)} has ${observation.resource.metadata.name.length} characters`;
    return inState('Blocked', `${what}. ${nameRemedy}`, { reason: 'InstallFailed' });
  }
  const locked = release === undefined ? undefined : whileLocked(observation, { release, nowMs });
  const isFree = locked === undefined || locked.state === 'Abandoned';
  if (isFree && release !== undefined && isInherited(observation, release)) return inherited(observation);
  if (locked !== undefined) return locked;
  if (release !== undefined && holdsSdkFinalizer(observation.resource)) {
    return inState('Unprotected', "it has operator-sdk's finalizer, and the release is ours");
  }
  if (settings.problem !== undefined) return inState('Blocked', settings.problem, { reason: 'InvalidAnnotation' });
  if (!desired.isKnown) {
    const { reason, message } = desired;
    return inState('Blocked', message, {
      reason,
      ...(reason === 'InvalidValues' ? {} : { requeueAfterMs: blockedPollMs }),
    });
  }
  const situation = { observation, digest: desired.digest, nowMs };
  if (release !== undefined && isDeployedAs(observation, { release, digest: desired.digest })) {
    return isForced(observation)
      ? inState('Forced', `it is annotated ${ResourceAnnotation.forceRequestedAt}`, { reason: 'Upgrading' })
      : inSync(situation);
  }
  return afterFailure(situation) ?? deploying(situation);
}

function deleting(observation: Observation, nowMs: number): Decision {
  const { release, failure, leftovers, isNamespaceTerminating } = observation;
  const inventory = observation.resource.status?.inventory ?? [];
  const waiting = suspended(observation);
  if (waiting !== undefined) return waiting;
  if (release !== undefined && !isOurs(observation, release)) {
    const message = `release ${nameOf(observation)} is not ours (${ownerText(observation, release)}): it stays`;
    // operator-sdk's finalizer is not ours to take while its release may be there
    return holdsFinalizer(observation)
      ? inState('Released', message, { reason: 'ForeignRelease' })
      : foreign(observation, message);
  }
  if (isNamedTooLong(observation)) return inState('Released', 'no release can have its name');
  if (leftovers.length > 0) {
    const message = `waiting for ${leftovers.slice(0, 5).join(', ')}${leftovers.length > 5 ? ' and others' : ''} to go`;
    return inState('Lingering', message, { reason: 'WaitingForObjects', requeueAfterMs: lingeringPollMs });
  }
  const isRepeated = failure?.action === 'uninstall' && failure.forceRequest === forceRequestOf(observation.resource);
  if (isRepeated && failure.retryAtMs > nowMs) {
    // what a status that was lost does not tell, only records do
    const what = inventory.length > 0 ? '' : '; objects in its namespace that no record tells of stay then';
    const wayOut = `Annotated ${ResourceAnnotation.forceRequestedAt}, it goes without helm and without hooks${what}.`;
    return backoff(failure, { nowMs, more: wayOut });
  }
  const isForcedNow = failure?.action === 'uninstall' && isForced(observation);
  const mayBeLeft = inventory.length > 0 || reachingKinds(observation.entry.chart.kinds).length > 0;
  if (isForcedNow || (mayBeLeft && (release === undefined || isNamespaceTerminating))) {
    const why = isForcedNow
      ? `${ResourceAnnotation.forceRequestedAt} asks to do without the release`
      : release === undefined
        ? 'the release is gone, its objects may not be'
        : `namespace ${observation.releaseNamespace} is being deleted`;
    return inState('Orphaned', why, { reason: 'Uninstalling' });
  }
  if (release === undefined) return inState('Released', 'there is no release left');
  // cut short, an uninstall is repeated at once: two of them end as one does
  const locked = release.status === 'uninstalling' ? undefined : whileLocked(observation, { release, nowMs });
  if (locked?.state === 'Locked') return locked;
  if (isInherited(observation, release)) return inherited(observation);
  return inState('Deleting', 'the resource is being deleted', { reason: 'Uninstalling' });
}

function foreign({ sdkDoubt }: Observation, message: string): Decision {
  // no event tells that an object is marked now, or that a right was granted
  const again = sdkDoubt === undefined ? {} : { requeueAfterMs: doubtPollMs };
  return inState('Foreign', message, { reason: 'ForeignRelease', ...again });
}

function inherited(observation: Observation): Decision {
  return inState('Inherited', `release ${nameOf(observation)} is operator-sdk's for this resource`, {
    reason: 'TakingOver',
  });
}

function whileLocked(
  observation: Observation,
  { release, nowMs }: { readonly release: ObservedRelease; readonly nowMs: number },
): Decision | undefined {
  // an annotation that makes the time shorter may be younger than the helm
  const timeoutMs = Math.max(observation.settings.timeoutMs, observation.entry.timeoutMs);
  const lock = lockOf(release, { timeoutMs, isDeclaredDead: isForced(observation), nowMs });
  if (lock.state === 'free') return undefined;
  const what = `release ${nameOf(observation)} is ${release.status}`;
  if (lock.state === 'held') {
    const message = `${what}: ${heldText(observation, release, lock)}`;
    return inState('Locked', message, { reason: 'ReleaseLocked', requeueAfterMs: lock.lookAgainMs });
  }
  const { failure } = observation;
  const isUnlockFailed = failure?.action === 'rollback' || failure?.action === 'uninstall';
  if (isUnlockFailed && failure.retryAtMs > nowMs) return backoff(failure, { nowMs });
  // where going back has failed already, the record is marked as failed instead
  const canGoBack = release.status !== 'uninstalling' && failure?.action !== 'rollback';
  const toRevision = canGoBack ? lastGood(observation) : undefined;
  return inState('Abandoned', `${what}, and ${lock.why}`, {
    reason: 'Unlocking',
    ...(toRevision === undefined ? {} : { toRevision }),
  });
}

/** Deployed, made by us, and from what is desired. A revision that our own rollback made is known by the status. */
function isDeployedAs(
  observation: Observation,
  { release, digest }: { readonly release: ObservedRelease; readonly digest: string },
): boolean {
  return release.status === 'deployed' && ownDigest(observation, release) === digest;
}

/** The digest of a revision of ours; undefined for one that somebody else's helm made, to which it copied our labels. */
function ownDigest({ resource }: Observation, release: ObservedRelease): string | undefined {
  const label = parseDigestLabel(release.digestLabel);
  const isKnown = label?.revision === release.revision || resource.status?.release?.revision === release.revision;
  return isKnown ? label?.digest : undefined;
}

function inSync({ observation, digest, nowMs }: Situation): Decision {
  const { workloads, entry, release } = observation;
  if (workloads === undefined || workloads.state === 'ready') {
    return inState('InSync', 'the release is deployed and its workloads are ready', { reason: 'WorkloadsReady' });
  }
  const remainingMs = unreadySinceMs(observation, nowMs) + entry.readyTimeoutMs - nowMs;
  if (remainingMs > 0) {
    const requeueAfterMs = Math.min(remainingMs, workloads.lookAgainMs ?? remainingMs);
    const reason = workloads.state === 'failed' ? 'WorkloadsFailed' : 'WorkloadsProgressing';
    return inState('Progressing', workloads.message, { reason, requeueAfterMs });
  }
  const late = `not ready within ${entry.readyTimeoutMs / 1000} s: ${workloads.message}`;
  const { failure, resource } = observation;
  const isAsked = isAbout(failure, { digest, forceRequest: forceRequestOf(resource) });
  // the rollback of an earlier revision of the same content says nothing of this one
  const isNotBack = isAsked && failure.action === 'rollback' && failure.revision === release?.revision;
  if (isNotBack && failure.isPassing && failure.retryAtMs > nowMs) return backoff(failure, { nowMs, more: late });
  const notBack = isNotBack && !failure.isPassing ? failure.message : undefined;
  const toRevision = notBack === undefined ? wayBack(observation, digest) : undefined;
  if (toRevision !== undefined) return inState('Broken', late, { reason: 'ReadyTimeout', toRevision });
  return inState('Progressing', sentences(late, notBack), {
    reason: 'ReadyTimeout',
    ...(workloads.lookAgainMs === undefined ? {} : { requeueAfterMs: workloads.lookAgainMs }),
  });
}

/** What a failure of what is desired forbids, or asks for first; undefined where the next try is due. */
function afterFailure({ observation, digest, nowMs }: Situation): Decision | undefined {
  const { failure, entry, release, resource } = observation;
  if (!isAbout(failure, { digest, forceRequest: forceRequestOf(resource) })) return undefined;
  // the release whose upgrade failed is gone: a new one has not been tried
  if (release === undefined && failure.action !== 'install' && failure.action !== 'uninstall') return undefined;
  const isExhausted = failure.isTerminal || failure.count > entry.remediation.retries;
  // only a revision that failed by itself is a reason to go back, or to begin anew
  if (release?.status === 'failed' && failure.action !== 'rollback' && !failure.isPassing) {
    const toRevision = entry.remediation.upgrade === 'rollback' ? lastGood(observation) : undefined;
    if (toRevision !== undefined) return inState('Broken', failure.message, { reason: 'RollingBack', toRevision });
    const isRemovable = entry.remediation.install === 'uninstall' && failure.action === 'install' && !isExhausted;
    if (isRemovable && !wasEverDeployed(observation)) {
      return inState('NeverDeployed', failure.message, { reason: 'Uninstalling' });
    }
  }
  if (isExhausted) return exhausted(failure, observation);
  return failure.retryAtMs > nowMs ? backoff(failure, { nowMs, more: whatStays(observation) }) : undefined;
}

function backoff(
  failure: FailureMemory,
  { nowMs, more }: { readonly nowMs: number; readonly more?: string | undefined },
): Decision {
  const requeueAfterMs = Math.max(1, failure.retryAtMs - nowMs);
  const message = sentences(failure.message, more);
  return inState('Backoff', message, { reason: failure.reason, requeueAfterMs });
}

function deploying({ observation, digest }: Situation): Decision {
  const { release, settings } = observation;
  if (release === undefined || release.status === 'uninstalled') {
    return inState('Absent', 'there is no release yet', { reason: 'Installing' });
  }
  const upgrading = { reason: 'Upgrading' } as const;
  const { revision, status } = release;
  if (status !== 'deployed') return inState('Failed', `revision ${revision} is ${status}`, upgrading);
  if (ownDigest(observation, release) !== undefined) {
    return inState('OutOfDate', `revision ${revision} has other values or another chart`, upgrading);
  }
  const maker = release.digestLabel === undefined ? 'not made by this operator' : "made by somebody else's helm";
  const message = `revision ${revision} was ${maker}`;
  // labels that helm carried over still tell what we deployed last
  const isWanted = parseDigestLabel(release.digestLabel)?.digest === digest;
  if (settings.drift === 'enabled' || isForced(observation)) return inState('ChangedOutside', message, upgrading);
  if (isWanted) return inState('ChangeReported', message, { reason: 'ChangedOutside' });
  return inState('OutOfDate', `${message}, and the resource has changed since`, upgrading);
}

/** helm would refuse it, and from 64 characters on the API server a question for its records. */
function isNamedTooLong({ release, resource }: Observation): boolean {
  return release === undefined && resource.metadata.name.length > MAX_RELEASE_NAME_LENGTH;
}

/** A request to try again, or to do without ceremony, that was not obeyed yet. */
function isForced({ resource, handledForce }: Observation): boolean {
  const request = forceRequestOf(resource);
  return request !== undefined && request !== resource.status?.lastHandledForceAt && request !== handledForce;
}

function holdsFinalizer({ resource }: Observation): boolean {
  return resource.metadata.finalizers?.includes(UNINSTALL_FINALIZER) === true;
}

/** Nothing is lost by waiting: so is what may have been meant to be. */
function suspended({ resource, settings }: Observation): Decision | undefined {
  if (settings.isSuspended === false) return undefined;
  const isGoing = resource.metadata.deletionTimestamp !== undefined;
  if (settings.isSuspended === undefined) {
    const what = `${isGoing ? 'it is being deleted, but' : 'it'} may be suspended, and so waits`;
    return inState('Blocked', `${what}: ${settings.problem ?? ''}`, { reason: 'InvalidAnnotation' });
  }
  const message = isGoing
    ? 'it is being deleted, but suspended: the release stays until the annotation goes'
    : `it is annotated ${ResourceAnnotation.suspend}`;
  return inState('Suspended', message, { reason: 'Suspended' });
}

function nameOf(observation: Observation): string {
  return `${observation.releaseNamespace}/${observation.resource.metadata.name}`;
}

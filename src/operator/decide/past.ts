// What the status tells of the past of a release. Pure.
import type { Observation } from '../observe/observation.ts';
import { parseDigestLabel } from './desired-digest.ts';
import { lastReady } from './lock.ts';

/** Where a revision that never became ready goes back to. One that was ready once has no fault that an older one mends. */
export function wayBack(observation: Observation, digest: string): number | undefined {
  const { release, resource, entry } = observation;
  const { readyRevision, history = [] } = resource.status ?? {};
  if (entry.remediation.upgrade !== 'rollback' || readyRevision === release?.revision) return undefined;
  const target = history.find(({ revision }) => revision === lastReady(observation));
  return target === undefined || parseDigestLabel(target.digest)?.digest === digest ? undefined : target.revision;
}

/**
 * Since when the workloads have had time to become ready: the last deployment, or the moment when they were first seen not to
 * be, after they were or after nobody looked.
 */
export function unreadySinceMs(observation: Observation, nowMs: number): number {
  const { release, unreadySince } = observation.resource.status ?? {};
  const sinceMs = Date.parse(unreadySince ?? '');
  const deployedMs = Date.parse(release?.lastDeployed ?? '');
  return Math.max(Number.isNaN(sinceMs) ? nowMs : sinceMs, Number.isNaN(deployedMs) ? 0 : deployedMs);
}

/** Whether any revision of it was deployed once. */
export function wasEverDeployed({ release, resource }: Observation): boolean {
  const { readyRevision, history = [], release: known } = resource.status ?? {};
  const isInHistory = [known, ...history].some((each) => each?.status === 'deployed' || each?.status === 'superseded');
  return release === undefined || release.good.length > 0 || readyRevision !== undefined || isInHistory;
}

// One pass over one resource: what it knows, and what it works with.
import type { InventoryEntry, ReleaseSnapshot } from '../api/v1alpha1/watched-status.ts';
import type { Helm } from '../helm/process.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { EventOptions } from '../kube/event-object.ts';
import type { ObjectStore } from '../kube/object-store.ts';
import { objectKey } from '../kube/objects.ts';
import type { Resource } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CheckedUninstaller } from '../uninstall/checked-uninstaller.ts';
import type { ReleaseUninstaller } from '../uninstall/uninstaller.ts';
import type { ChartCrds } from './act/chart-crds.ts';
import type { Decision } from './decide/decision.ts';
import type { FailureMemories } from './decide/failure-memory.ts';
import type { ForceMemories } from './decide/force-memory.ts';
import type { State } from './decide/states.ts';
import type { ObjectSource } from './observe/dependents.ts';
import type { Observation, ObservedResource } from './observe/observation.ts';
import type { Observer } from './observe/observer.ts';
import type { ReleaseCache } from './observe/release-cache.ts';
import type { Workloads } from './readiness/workloads.ts';
import { composeStatus, type StatusInputs, type Verdict } from './status/status.ts';
import type { StatusWriter } from './status/status-writer.ts';
import { withOwnStatus } from './takeover/sdk-traces.ts';

/** What the passes over one kind work with. */
export interface PassContext {
  readonly type: Resource;
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly uninstaller: CheckedUninstaller;
  /** helm, without the proof: for a record that is known to be what helm wrote for us. */
  readonly unproved: ReleaseUninstaller;
  readonly store: ObjectStore<ObservedResource>;
  readonly releases: ReleaseCache;
  readonly objects: ObjectSource;
  readonly discovery: Discovery;
  readonly crds: ChartCrds;
  readonly observer: Observer;
  readonly workloads: Workloads;
  readonly statusWriter: StatusWriter;
  /** What is remembered from pass to pass: this, and nothing else. */
  readonly failures: FailureMemories;
  readonly forces: ForceMemories;
  /** The state that was decided last, by key: for the metrics. */
  readonly states: Map<string, State>;
  readonly recordEvent: (about: ObservedResource, event: EventOptions) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A pass after its decision. */
export interface Pass {
  readonly key: string;
  readonly observation: Observation;
  readonly decision: Decision;
  /** Give up what is in flight. */
  readonly signal: AbortSignal;
}

/** What a pass has to say. */
export interface News extends Pick<StatusInputs, 'readyRevision'> {
  readonly verdict: Verdict;
  /** The release now; null: there is none; absent: as before. */
  readonly release?: ReleaseSnapshot | null;
  readonly inventory?: readonly InventoryEntry[];
}

/** Writes the status, if the news is any. */
export async function writeStatus(pass: Pass, news: News, context: PassContext): Promise<void> {
  const latest = latestOf(pass.observation.resource, context);
  const status = composeStatus({
    ...news,
    resource: pass.observation.resource,
    before: withOwnStatus(latest).status,
    failure: context.failures.get(pass.key, pass.observation.resource),
    isForceHandled: context.forces.isHandled(pass.key, pass.observation.resource),
    nowMs: context.clock.now(),
  });
  await context.statusWriter.write(latest, status);
}

/** The same object as the store has it now: the pass may have written to it already. */
export function latestOf(resource: ObservedResource, context: Pick<PassContext, 'store'>): ObservedResource {
  const held = context.store.get(objectKey(resource.metadata));
  return held?.metadata.uid === resource.metadata.uid ? held : resource;
}

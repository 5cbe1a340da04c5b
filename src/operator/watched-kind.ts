// One entry of watches.yaml at work: waits for its kind, follows its resources, and runs the workers.

import { ownerLabelValue } from '../api/v1alpha1/labels.ts';
import { Controller } from '../controller/controller.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import type { ObjectStore, StoreChange } from '../kube/object-store.ts';
import { objectKey } from '../kube/objects.ts';
import type { Resource } from '../kube/resource.ts';
import { aborted } from '../lib/aborted.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import { FailureMemories } from './decide/failure-memory.ts';
import { ForceMemories } from './decide/force-memory.ts';
import { type State, states } from './decide/states.ts';
import { FirstLook } from './first-look.ts';
import { type ObjectSource, UnwatchedObjects } from './observe/dependents.ts';
import { leftoversOf } from './observe/leftovers.ts';
import type { ObservedResource } from './observe/observation.ts';
import { Observer } from './observe/observer.ts';
import type { ReleaseKey } from './observe/release-cache.ts';
import type { OperatorShared } from './operator-options.ts';
import { Workloads } from './readiness/workloads.ts';
import { ResourceReconciler } from './resource-reconciler.ts';
import { ServedKind } from './served-kind.ts';
import { withReadStatus } from './status/read-status.ts';
import { StatusWriter } from './status/status-writer.ts';
import type { ValuesReader } from './values/values-sources.ts';

/** Signals of a run. */
export interface RunSignals {
  /** Take nothing new. */
  readonly stop: AbortSignal;
  /** Give up what is in flight. */
  readonly cancel: AbortSignal;
}

type Watched = ObservedResource & { readonly kind: string };

/** A burst of events (a roll-out, which has us write the status as often; an apply of several sources of values) becomes one look. */
const coalesceMs = 100;

/** The engine of one watch entry. */
export class WatchedKind {
  readonly #entry: WatchEntry;
  readonly #shared: OperatorShared;
  #queue: WorkQueue;
  #store: ObjectStore<Watched> | undefined;
  readonly #states = new Map<string, State>();
  #hasSynced = false;
  #isActing = false;

  constructor(entry: WatchEntry, shared: OperatorShared) {
    this.#entry = entry;
    this.#shared = shared;
    const { metrics } = shared;
    const kind = this.name;
    this.#queue = this.#newQueue();
    metrics.onScrape(() => {
      metrics.queueDepth.set({ kind }, this.#queue.length);
      metrics.queueInFlight.set({ kind }, this.#queue.inFlight);
      metrics.queueLongest.set({ kind }, this.#queue.longestInFlightMs / 1000);
      for (const [state, count] of countStates(this.#states.values())) metrics.resources.set({ kind, state }, count);
    });
  }

  /** `BookStore.velotio.com`. */
  get name(): string {
    return ownerLabelValue(this.#entry.gvk);
  }

  /** Whether the kind is served and its resources are known. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** A record or an object of a release changed. */
  releaseChanged(release: ReleaseKey, cause: 'record' | 'object'): void {
    const key = this.#keyOf(release);
    if (!this.#isActing || key === undefined || this.#store?.get(key) === undefined) return;
    if (cause === 'record') this.#queue.add(key);
    else if (this.#entry.watchDependentResources) this.#queue.addAfter(key, coalesceMs);
  }

  /** Runs until `stop`, then drains. Caches are kept warm also while another replica leads. */
  async run({ stop, cancel }: RunSignals): Promise<void> {
    const served = new ServedKind(this.#entry, this.#shared);
    for (let type = await served.wait(stop); type !== undefined; type = await served.wait(stop)) {
      const known = type;
      const changed = new AbortController();
      await this.#follow(type, {
        stop: AbortSignal.any([stop, changed.signal]),
        cancel,
        onError: async (error) => {
          if (await served.isChanged(known, error, stop)) changed.abort();
        },
      });
    }
  }

  /** Runs until `stop`, then drains. `onError` gets what the watch of the resources failed with; must not reject. */
  async #follow(
    type: Resource,
    { onError, ...signals }: RunSignals & { readonly onError: (error: unknown) => Promise<void> },
  ): Promise<void> {
    const { hub, watchedNamespaces, synced, valuesSources } = this.#shared;
    const values = valuesSources.readerFor((key) => this.#valuesChanged(key));
    const strip = (resource: Watched): Watched => withoutManagedFields(resource, this.#entry);
    const following = hub.follow<Watched>(
      { resource: type, namespaces: watchedNamespaces, strip },
      {
        onChange: (change) => {
          if (change.after === undefined) values.forget(change.key);
          this.#resourceChanged(change);
        },
        onError: (error) => void onError(error),
      },
    );
    this.#store = following.store;
    await Promise.race([Promise.all([following.synced, synced]), aborted(signals.stop)]);
    this.#hasSynced = !signals.stop.aborted;
    const reconciler = this.#reconciler(type, { store: following.store, values });
    while (!signals.stop.aborted) {
      const term = await this.#shared.leadership.waitUntilLeading(signals.stop).catch(() => undefined);
      if (term === undefined) break;
      this.#isActing = true;
      const firstLook = this.#firstLook(following.store.keys());
      for (const key of following.store.keys()) this.#queue.add(key);
      await this.#shared.acting.add(
        this.#act(reconciler, {
          firstLook,
          stop: AbortSignal.any([signals.stop, term.signal]),
          cancel: AbortSignal.any([signals.cancel, term.signal]),
        }),
      );
    }
    this.#hasSynced = false;
    for (const key of following.store.keys()) values.forget(key);
    following.stop();
  }

  #resourceChanged(change: StoreChange<Watched>): void {
    if (!this.#isActing) return;
    if (isOfStatusAlone(change)) this.#queue.addAfter(change.key, coalesceMs);
    else this.#queue.add(change.key);
  }

  /** One term's work, on a queue of its own: what an earlier term left is looked at anew. */
  async #act(
    reconciler: ResourceReconciler,
    { firstLook, ...signals }: RunSignals & { readonly firstLook: FirstLook },
  ): Promise<void> {
    const observe = this.#shared.observe(this.#entry);
    await new Controller({
      queue: this.#queue,
      reconcile: (key, signal) => reconciler.reconcile(key, signal),
      workers: this.#entry.maxConcurrentReconciles ?? this.#shared.workers,
      observe: (observation) => {
        observe(observation);
        firstLook.seen(observation.key);
      },
    }).run(signals);
    this.#states.clear();
    this.#isActing = false; // a standby collects nothing: its store has all that a term needs
    this.#queue = this.#newQueue();
  }

  /** Logged: how long a start, or a change of leader, takes until the cluster is known to be as it should. */
  #firstLook(keys: Iterable<string>): FirstLook {
    const { clock, log } = this.#shared;
    const startedMs = clock.monotonic();
    return new FirstLook(keys, (resources) => {
      const states = [...countStates(this.#states.values())].filter(([, count]) => count > 0);
      const durationMs = Math.round(clock.monotonic() - startedMs);
      log.info('first look done', { kind: this.name, resources, durationMs, states: Object.fromEntries(states) });
    });
  }

  #newQueue(): WorkQueue {
    const { clock, metrics } = this.#shared;
    const kind = this.name;
    return new WorkQueue({
      clock,
      observe: (seen) => {
        if (seen.how === 'take') metrics.queueWait.observe({ kind }, seen.waitedMs / 1000);
        else (seen.how === 'add' ? metrics.queueAdds : metrics.queueRetries).inc({ kind });
      },
    });
  }

  #valuesChanged(key: string): void {
    if (this.#isActing && this.#store?.get(key) !== undefined) this.#queue.addAfter(key, coalesceMs);
  }

  #reconciler(
    type: Resource,
    { store, values }: { readonly store: ObjectStore<Watched>; readonly values: ValuesReader },
  ): ResourceReconciler {
    const { client, helm, releases, namespaces, clock, events, uninstaller, unproved, log } = this.#shared;
    const objects: ObjectSource = this.#entry.watchDependentResources
      ? this.#shared.dependents
      : new UnwatchedObjects(this.#shared.discovery);
    const workloads = new Workloads(client, objects, { clock, log });
    return new ResourceReconciler({
      type,
      store,
      client,
      helm,
      releases,
      objects,
      workloads,
      observer: new Observer({
        entry: this.#entry,
        client,
        discovery: this.#shared.discovery,
        releases,
        namespaces,
        workloads,
        values,
        leftovers: (inventory, signal) => leftoversOf(inventory, { client, objects, signal }),
      }),
      statusWriter: new StatusWriter(client, { type, store }),
      failures: new FailureMemories(),
      forces: new ForceMemories(),
      states: this.#states,
      discovery: this.#shared.discovery,
      crds: this.#shared.crds,
      uninstaller,
      unproved,
      recordEvent: (about, event) => events.record(about, event),
      clock,
      log: log.with({ kind: type.kind }),
    });
  }

  #keyOf(release: ReleaseKey): string | undefined {
    if (this.#entry.releaseNamespace === undefined) return objectKey(release);
    return release.namespace === this.#entry.releaseNamespace ? release.name : undefined;
  }
}

/** Every state, so that one which nobody is in any more is 0 and not what it was. */
function countStates(present: Iterable<State>): ReadonlyMap<State, number> {
  const counts = new Map<State, number>((Object.keys(states) as State[]).map((state) => [state, 0]));
  for (const state of present) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** Most often it was us: whoever asks for something changes the spec, or the metadata. */
function isOfStatusAlone({ before, after }: StoreChange<Watched>): boolean {
  return before !== undefined && after !== undefined && askedFor(before) === askedFor(after);
}

function askedFor({ metadata }: Watched): string {
  const { uid, generation, deletionTimestamp, labels, annotations, finalizers } = metadata;
  return JSON.stringify([uid, generation, deletionTimestamp, labels, annotations, finalizers]);
}

/** Lists leave `apiVersion` and `kind` out of their items; Events need them. */
function withoutManagedFields<T extends ObservedResource>(resource: T, entry: WatchEntry): T {
  const { managedFields: _managedFields, ...metadata } = resource.metadata as T['metadata'] & {
    managedFields?: unknown;
  };
  const { group, version, kind } = entry.gvk;
  return withReadStatus({ ...resource, apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata });
}

// The readiness of a release's workloads: read once for each version of an object, summed up for the status.
import type { InventoryEntry } from '../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { ObjectSource } from './dependents.ts';
import type { WorkloadsReadiness } from './observation.ts';
import { hasReadiness, type Readiness, readinessOf, type StatusObject } from './readiness.ts';

interface Held {
  readonly resourceVersion: string;
  readonly readiness: Readiness;
}

/** Asks the API server only about objects whose metadata changed since they were last asked about (DESIGN.md O13). */
export class Workloads {
  readonly #client: KubeClient;
  readonly #objects: ObjectSource;
  /** By uid: what was read last. */
  readonly #held = new Map<string, Held>();

  constructor(client: KubeClient, objects: ObjectSource) {
    this.#client = client;
    this.#objects = objects;
  }

  /** Sums up a release. @throws ApiError */
  async readiness(inventory: readonly InventoryEntry[], signal?: AbortSignal): Promise<WorkloadsReadiness> {
    const verdicts = await Promise.all(
      inventory.map(async (entry) => ({ entry, readiness: await this.#one(entry, signal) })),
    );
    const unready = verdicts.filter(({ readiness }) => readiness.state !== 'ready');
    if (unready.length === 0) return { state: 'ready', message: '' };
    return {
      state: unready.some(({ readiness }) => readiness.state === 'failed') ? 'failed' : 'progressing',
      message: unready
        .map(({ entry, readiness }) => `${entry.kind} ${entry.name}: ${readiness.message}`)
        .sort()
        .join('; '),
    };
  }

  /** Forgets the objects of a release that is gone. */
  forget(inventory: readonly InventoryEntry[]): void {
    for (const { uid } of inventory) this.#held.delete(uid);
  }

  async #one(entry: InventoryEntry, signal: AbortSignal | undefined): Promise<Readiness> {
    const seen = await this.#objects.find(entry, entry);
    if (seen !== undefined && !hasReadiness(entry)) return { state: 'ready', message: '' };
    const held = this.#held.get(seen?.metadata.uid ?? entry.uid);
    if (seen !== undefined && held?.resourceVersion === seen.metadata.resourceVersion) return held.readiness;
    const resource = await this.#objects.resourceOf(entry);
    if (resource === undefined) return { state: 'progressing', message: 'the API server does not serve its kind' };
    const object = await this.#client.find<KubeObject & StatusObject>(resource, {
      namespace: entry.namespace,
      name: entry.name,
      signal,
    });
    if (object === undefined) return { state: 'progressing', message: 'it is missing' };
    await this.#objects.remember(entry, object);
    const readiness = readinessOf(entry, object);
    this.#held.set(object.metadata.uid, { resourceVersion: object.metadata.resourceVersion, readiness });
    return readiness;
  }
}

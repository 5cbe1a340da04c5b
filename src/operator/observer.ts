// Gathers an observation: from the caches, plus the values that references name. Decides nothing.
import { matchesSelector } from '../api/v1alpha1/match-labels.ts';
import type { KubeClient } from '../kube/client.ts';
import type { ReadableStore } from '../kube/object-store.ts';
import { type KubeObject, objectKey } from '../kube/objects.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import { desiredDigest } from './desired-digest.ts';
import type { Desired, FailureMemory, Observation, ObservedResource, WorkloadsReadiness } from './observation.ts';
import type { ReleaseCache, ReleaseKey } from './release-cache.ts';
import { finalValues, type Values } from './values.ts';
import { readValuesFrom, ValuesSourceError } from './values-from.ts';
import type { Workloads } from './workloads.ts';

/** Where an observation comes from. */
export interface ObserverSources {
  readonly entry: WatchEntry;
  readonly client: KubeClient;
  readonly releases: ReleaseCache;
  readonly namespaces: ReadableStore<KubeObject>;
  readonly workloads: Workloads;
}

/** Observes the resources of one watch entry. */
export class Observer {
  readonly #sources: ObserverSources;

  constructor(sources: ObserverSources) {
    this.#sources = sources;
  }

  /** The release that belongs to a resource: its name, its namespace (or the entry's, for a cluster-scoped kind). */
  releaseOf(resource: ObservedResource): ReleaseKey {
    const namespace = this.#sources.entry.releaseNamespace ?? resource.metadata.namespace ?? '';
    return { namespace, name: resource.metadata.name };
  }

  /** @throws ApiError where a request that is needed fails */
  async observe(
    resource: ObservedResource,
    options: { readonly failure: FailureMemory | undefined; readonly signal: AbortSignal },
  ): Promise<Observation> {
    const { entry, releases, namespaces } = this.#sources;
    const key = this.releaseOf(resource);
    return {
      entry,
      resource,
      releaseNamespace: key.namespace,
      isSelected: matchesSelector(entry.selector, resource.metadata.labels),
      isNamespaceTerminating: namespaces.get(key.namespace)?.metadata.deletionTimestamp !== undefined,
      release: releases.latest(key),
      desired: await this.#desired(resource, options.signal),
      workloads: await this.#readiness(resource, options.signal),
      failure: options.failure,
    };
  }

  /** The same observation with the release as the API server knows it now. */
  async refresh(observation: Observation, signal: AbortSignal): Promise<Observation> {
    const { client, releases } = this.#sources;
    const release = await releases.refresh(client, this.releaseOf(observation.resource), signal);
    return { ...observation, release };
  }

  async #desired(resource: ObservedResource, signal: AbortSignal): Promise<Desired> {
    const { entry, client } = this.#sources;
    if (resource.metadata.deletionTimestamp !== undefined) {
      return { isKnown: false, reason: 'ValuesSourceFailed', message: 'a deletion needs no values' };
    }
    let referenced: Values = {};
    try {
      const { namespace } = this.releaseOf(resource);
      if (entry.valuesFrom.length > 0) {
        referenced = await readValuesFrom(client, entry.valuesFrom, { namespace, signal });
      }
    } catch (error) {
      if (!(error instanceof ValuesSourceError)) throw error;
      return { isKnown: false, reason: 'ValuesSourceFailed', message: error.message };
    }
    const values = finalValues([referenced, resource.spec ?? {}, entry.overrideTree]);
    const { digest: chartDigest, version: chartVersion } = entry.chart;
    const flags = entry.crds === 'Skip' ? ['--skip-crds'] : [];
    return { isKnown: true, values, digest: desiredDigest({ chartDigest, chartVersion, values, flags }) };
  }

  async #readiness(resource: ObservedResource, signal: AbortSignal): Promise<WorkloadsReadiness | undefined> {
    const { release, inventory } = resource.status ?? {};
    if (resource.metadata.deletionTimestamp !== undefined) return undefined;
    this.#sources.workloads.retain(objectKey(resource.metadata), inventory ?? []);
    if (release === undefined || inventory === undefined) return undefined;
    return this.#sources.workloads.readiness(inventory, signal);
  }
}

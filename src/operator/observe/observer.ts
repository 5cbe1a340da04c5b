// Gathers an observation: from the caches, plus the values that references name. Decides nothing.
import { matchesSelector } from '../../api/v1alpha1/match-labels.ts';
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { objectKey } from '../../kube/objects.ts';
import type { WatchEntry } from '../../watches/watch-entry.ts';
import { actingFor } from '../act/impersonation.ts';
import { desiredDigest } from '../decide/desired-digest.ts';
import { isNamed } from '../decide/ownership.ts';
import { resourceSettings } from '../decide/resource-settings.ts';
import type { Workloads } from '../readiness/workloads.ts';
import { proveSdkOwnership } from '../takeover/sdk-ownership.ts';
import { hasSdkTraces, sdkOwnerOf, withOwnStatus } from '../takeover/sdk-traces.ts';
import { secretOverrides } from '../values/secret-overrides.ts';
import { finalValues, specLayer } from '../values/values.ts';
import { referencesOf } from '../values/values-annotation.ts';
import { ValuesSourceError } from '../values/values-from.ts';
import { layersOf } from '../values/values-layers.ts';
import type { ValuesLayer, ValuesReader } from '../values/values-sources.ts';
import { type NamedRequest, NamedRevisions } from './named-revision.ts';
import type { Namespaces } from './namespaces.ts';
import type { Desired, Observation, ObservedResource, WorkloadsReadiness } from './observation.ts';
import type { ReleaseCache, ReleaseKey } from './release-cache.ts';

/** Where an observation comes from. */
export interface ObserverSources {
  readonly entry: WatchEntry;
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly releases: ReleaseCache;
  readonly namespaces: Pick<Namespaces, 'isTerminating'>;
  readonly workloads: Workloads;
  /** Which objects of an inventory are still there and are going, as `Kind/name`. */
  readonly leftovers: (inventory: readonly InventoryEntry[], signal: AbortSignal) => Promise<readonly string[]>;
  readonly values: ValuesReader;
}

/** Observes the resources of one watch entry. */
export class Observer {
  readonly #sources: ObserverSources;
  readonly #named = new NamedRevisions();

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
    sent: ObservedResource,
    options: Pick<Observation, 'failure' | 'handledForce'> & { readonly signal: AbortSignal },
  ): Promise<Observation> {
    const { entry, releases, namespaces } = this.#sources;
    const resource = withOwnStatus(sent);
    const key = this.releaseOf(resource);
    const release = releases.latest(key);
    const settings = resourceSettings(entry, resource.metadata.annotations);
    const isSelected = matchesSelector(entry.selector, resource.metadata.labels);
    return {
      entry,
      settings,
      resource,
      releaseNamespace: key.namespace,
      isSelected,
      isNamespaceTerminating: namespaces.isTerminating(key.namespace),
      release,
      ...(await this.#ownership({ resource, release, isSelected }, options.signal)),
      desired: await this.#desired(resource, { isSelected, signal: options.signal }),
      workloads: await this.#readiness(resource, options.signal),
      failure: options.failure,
      handledForce: options.handledForce,
      leftovers:
        settings.shouldWaitForUninstall && release === undefined ? await this.#leftovers(resource, options.signal) : [],
    };
  }

  /** The same observation with the release as the API server knows it now. */
  async refresh(observation: Observation, signal: AbortSignal): Promise<Observation> {
    const { client, releases } = this.#sources;
    const { resource, isSelected, release: known } = observation;
    const release = await releases.refresh(client, this.releaseOf(resource), signal);
    if (
      release?.record.uid === known?.record.uid &&
      release?.record.resourceVersion === known?.record.resourceVersion
    ) {
      return { ...observation, release };
    }
    const { sdkDoubt: _sdk, namedDoubt: _named, ...rest } = observation;
    return { ...rest, release, ...(await this.#ownership({ resource, release, isSelected }, signal)) };
  }

  /** Asked only about a release without a label: everybody else costs no request. */
  async #ownership(
    { resource, release, isSelected }: Pick<Observation, 'resource' | 'release' | 'isSelected'>,
    signal: AbortSignal,
  ): Promise<Pick<Observation, 'isSdkOwned' | 'sdkDoubt' | 'namedDoubt'>> {
    if (release === undefined || release.owner !== undefined) return { isSdkOwned: false };
    const { entry, client } = this.#sources;
    const key = this.releaseOf(resource);
    const acting = actingFor({ entry, releaseNamespace: key.namespace }, client);
    const request = { client: acting, key, release, resource, signal };
    const namedDoubt = isNamed({ resource, releaseNamespace: key.namespace }, release)
      ? await this.#named.doubtOf(request)
      : undefined;
    return { ...(await this.#sdkOwnership(request, isSelected)), ...(namedDoubt === undefined ? {} : { namedDoubt }) };
  }

  /** Only where operator-sdk was. */
  async #sdkOwnership(
    { client, key, release, resource, signal }: NamedRequest,
    isSelected: boolean,
  ): Promise<Pick<Observation, 'isSdkOwned' | 'sdkDoubt'>> {
    if (!isSelected || !hasSdkTraces(resource)) return { isSdkOwned: false };
    const { entry, discovery } = this.#sources;
    const { doubt } = await proveSdkOwnership({
      client,
      discovery,
      owner: sdkOwnerOf(resource, entry.gvk),
      release: { ...key, revision: release.revision },
      signal,
    });
    return doubt === undefined ? { isSdkOwned: true } : { isSdkOwned: false, sdkDoubt: doubt };
  }

  /** Objects of a deleted resource's inventory that are still there. */
  async #leftovers({ metadata, status }: ObservedResource, signal: AbortSignal): Promise<readonly string[]> {
    if (metadata.deletionTimestamp === undefined) return [];
    return this.#sources.leftovers(status?.inventory ?? [], signal);
  }

  async #desired(
    resource: ObservedResource,
    { isSelected, signal }: { readonly isSelected: boolean; readonly signal: AbortSignal },
  ): Promise<Desired> {
    const { entry, values: reader } = this.#sources;
    const key = objectKey(resource.metadata);
    if (resource.metadata.deletionTimestamp !== undefined || !isSelected) {
      reader.forget(key);
      return { isKnown: false, reason: 'ValuesSourceFailed', message: 'no values are needed' };
    }
    const spec = specLayer(resource.spec);
    if (!spec.ok) {
      reader.forget(key);
      return { isKnown: false, reason: 'InvalidValues', message: spec.message };
    }
    const named = referencesOf(entry, resource);
    if (!named.ok) {
      reader.forget(key);
      return { isKnown: false, reason: 'InvalidAnnotation', message: named.message };
    }
    let referenced: ValuesLayer;
    try {
      const { namespace } = this.releaseOf(resource);
      referenced = await reader.read(key, { references: named.references, namespace, signal });
    } catch (error) {
      if (!(error instanceof ValuesSourceError)) throw error;
      const message = error.remedy === undefined ? error.message : `${error.message}. ${error.remedy}`;
      return { isKnown: false, reason: 'ValuesSourceFailed', message };
    }
    const { digest: chartDigest, version: chartVersion, defaults } = entry.chart;
    const values = finalValues([referenced.values, spec.values, entry.overrideTree], defaults);
    const flags = entry.crds === 'Skip' ? ['--skip-crds'] : [];
    return {
      isKnown: true,
      values,
      secrets: [...referenced.secrets, ...secretOverrides(entry)],
      layers: layersOf(entry, referenced.sources),
      digest: desiredDigest({ chartDigest, chartVersion, values, flags }),
      ...(named.notice === undefined ? {} : { notice: { reason: 'InvalidAnnotation', message: named.notice } }),
    };
  }

  async #readiness(resource: ObservedResource, signal: AbortSignal): Promise<WorkloadsReadiness | undefined> {
    const { release, inventory, readyRevision } = resource.status ?? {};
    if (resource.metadata.deletionTimestamp !== undefined) return undefined;
    this.#sources.workloads.retain(objectKey(resource.metadata), inventory ?? []);
    if (release === undefined || inventory === undefined) return undefined;
    const wasReady = readyRevision === release.revision;
    return this.#sources.workloads.readiness(inventory, { wasReady, signal });
  }
}
